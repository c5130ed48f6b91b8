"""The live headline and figures of the Compare screen: what they are told, and what a hand changes.

All that is known of every budget is sent at once: the texts of its headline, its ranking, and the curves of all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import streamlit as st

from pages.compare.budget_words import budget_words
from pages.compare.curves import Curves, curves_of, pinned
from pages.compare.figures import best_of_ranking, curves_sentence, deltas_sentence
from pages.compare.ranking import RankedMethod, ranked_methods
from pages.frame.frame import appearance, guarded
from pages.instrument.live import Fields, read_fields, send, show_scene
from pages.session import state
from pages.session.plans import budgets_of
from tensorllm_core.errors import RankError
from tensorllm_core.exports.blob import pack
from tensorllm_core.figures.method_curves import MethodPoint
from tensorllm_core.figures.method_looks import method_look
from tensorllm_core.methods.registry import METHODS
from tensorllm_core.numbers_text import share_text, signed_points
from tensorllm_core.runs.comparison_run import Comparison

__all__ = ["live_comparison"]

_DATA = "comparison in the browser"


def live_comparison(comparison: Comparison, ratios: Sequence[float]) -> None:
    """Draw what has been answered; the focus moves among these ratios."""
    answers = comparison.evaluation.answers.values()
    count = sum(len(each.right) for by_benchmark in answers for each in by_benchmark.values())
    key = f"comparison {comparison.plan.key} {count} {list(ratios)}"
    if (state.kept(_DATA) or ("", b""))[0] != key:
        # Each ranking takes a while: they are computed once for these answers.
        state.keep(_DATA, (key, _blob(comparison, ratios, key)))
    send("compare", key, lambda: state.kept(_DATA)[1])
    _follow(key, comparison)


@st.fragment
@guarded
def _follow(key: str, comparison: Comparison) -> None:
    before = pinned()
    message = {
        "ratio": comparison.plan.nearest(state.current_scene().compare.budget),
        "looks": {name: asdict(method_look(METHODS[name].look, appearance())) for name in comparison.plan.methods},
        "pinned": _pinned(before) if before else None,
    }
    show_scene("compare", key, message, _fields, everywhere=frozenset({"budget"}))


def _fields(released: Mapping[str, Any]) -> Fields:
    """Another budget in focus; all that are asked now stay asked."""
    fields = read_fields({"budget": released.get("budget")})
    if fields:
        try:
            fields["budgets"] = budgets_of(state.current_scene())
        except RankError:
            # The panel says what is wrong with them.
            return {}
    return fields


def _blob(comparison: Comparison, ratios: Sequence[float], key: str) -> bytes:
    curves = curves_of(comparison)
    whole = comparison.entries * comparison.layers
    header = {
        "ratios": list(ratios),
        "budgets": [[ratio, whole / ratio] for ratio in comparison.plan.ratios],
        "curves": [_curve(curve.name, curve.title, curve.points) for curve in curves.curves],
        "baseline": asdict(curves.baseline),
        "at": [_at(comparison, ratio) for ratio in ratios],
    }
    return pack(key, header, {})


def _at(comparison: Comparison, ratio: float) -> dict[str, Any]:
    """All texts and rows at one budget."""
    ranking = ranked_methods(comparison, ratio)
    best = best_of_ranking(ranking)
    return {
        **asdict(budget_words(comparison, ratio, ranking)),
        "best": best.point.method if best else "",
        "curvesSentence": curves_sentence(comparison, ratio, best),
        "deltasSentence": deltas_sentence(ratio, ranking),
        "ranking": [_row(each) for each in ranking],
    }


def _row(each: RankedMethod) -> dict[str, Any]:
    accuracy, loss = each.against.accuracy, each.against.loss
    points = [accuracy.delta, accuracy.interval.low, accuracy.interval.high]
    nats = [loss.delta, loss.interval.low, loss.interval.high]
    return {
        "name": each.point.method,
        "title": each.title,
        "accuracy": points,
        "points": [signed_points(share) for share in points],
        "loss": nats,
        "nats": [f"{value:+.2f}" for value in nats],
        "p": accuracy.p,
    }


def _curve(name: str, title: str, points: Sequence[MethodPoint]) -> dict[str, Any]:
    return {"name": name, "title": title, "points": [asdict(point) | {"words": _words(point)} for point in points]}


def _words(point: MethodPoint) -> str:
    return f"{share_text(point.accuracy, 1)} [{share_text(point.low, 1)}, {share_text(point.high, 1)}]"


def _pinned(curves: Curves) -> dict[str, Any]:
    return {
        "curves": [
            {**_curve(curve.name, curve.title, curve.points), "symbol": curve.look.symbol} for curve in curves.curves
        ],
        "accuracy": curves.baseline.accuracy,
        "label": curves.label,
    }
