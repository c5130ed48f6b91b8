"""The two pictures above the fold: accuracy against what is stored, and the differences at the budget in focus."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages.compare.curves import Curves, curves_of, pin, pinned, unpin
from pages.compare.ranking import RankedMethod
from pages.controls.widgets import Explanation, show
from pages.frame.frame import canvas
from pages.work.plain_text import inert
from tensorllm_core.experiments.evaluate import ORIGINAL
from tensorllm_core.figures.method_curves import method_curves
from tensorllm_core.figures.method_deltas import MethodDelta, method_deltas
from tensorllm_core.methods.registry import METHODS
from tensorllm_core.numbers_text import share_text
from tensorllm_core.runs.comparison_run import Comparison

__all__ = [
    "best_of_ranking",
    "curves_picture",
    "curves_sentence",
    "deltas_picture",
    "deltas_sentence",
    "pin_button",
]

_HEIGHT = 285


def curves_picture(comparison: Comparison, ratio: float, ranking: Sequence[RankedMethod]) -> None:
    """A line for each method over the budgets; the budget in focus is marked, a pinned result lies behind in grey."""
    curves, before = curves_of(comparison), pinned()
    best = best_of_ranking(ranking)
    whole = comparison.entries * comparison.layers

    show(
        method_curves(
            curves.curves,
            curves.baseline,
            canvas(_HEIGHT),
            budgets=[(each, whole / each) for each in comparison.plan.ratios],
            focus=ratio,
            emphasised=best.point.method if best else "",
            pinned=before.curves if before else (),
            pinned_baseline=before.baseline.accuracy if before else None,
        ),
        key="accuracy against stored entries",
        takeaway=curves_sentence(comparison, ratio, best),
        explanation=Explanation(
            "Up: mean accuracy over the benchmarks, with its 95% interval. Across: entries that the edited layers "
            "store, fewer to the right. Every method has its own ranks at each budget, those of the least error. "
            "Marks of one budget stand slightly apart. A method that replaces feed-forward matrices is drawn at the "
            "entries that the attention would store if it saved as many. The dashed line is the unedited model. All "
            "methods answer the same questions, so their differences are surer than the intervals suggest: see *Any "
            "two methods*.",
            r"N_{\text{stored}} \le N_{\text{attention}} / \text{budget},\qquad "
            r"N_{\text{original}} - N_{\text{stored}} \ \text{the same for all}",
        ),
        table=lambda: pd.concat([curves.table(), *([before.table()] if before else [])]),
        beside=lambda: pin_button(curves),
        caption=inert(f"Grey, pinned: {before.label}") if before else "",
    )


def pin_button(curves: Curves) -> None:
    """Keeps these curves in grey, or lets go of those that are kept."""
    if pinned() is None:
        st.button(
            "Pin",
            icon=":material/keep:",
            key="pin",
            type="tertiary",
            on_click=pin,
            args=(curves,),
            help="Pin this result: its curves stay, in grey, while you change anything else",
        )
    else:
        st.button("Unpin", icon=":material/keep_off:", key="unpin", type="tertiary", on_click=unpin)


def deltas_picture(comparison: Comparison, ratio: float, ranking: Sequence[RankedMethod]) -> None:
    """Paired differences from the original at the budget in focus, the best first."""
    best = best_of_ranking(ranking)
    rows = []
    for each in ranking:
        accuracy, loss = each.against.accuracy, each.against.loss
        rows.append(
            MethodDelta(
                each.point.method,
                each.title,
                METHODS[each.point.method].look,
                (accuracy.delta, accuracy.interval.low, accuracy.interval.high),
                (loss.delta, loss.interval.low, loss.interval.high),
            )
        )
    show(
        method_deltas(rows, canvas(_HEIGHT), emphasised=best.point.method if best else ""),
        key="differences by method",
        takeaway=deltas_sentence(ratio, ranking),
        explanation=Explanation(
            "How each method changes the unedited model at the budget in focus, with the 95% interval of the paired "
            "difference. Left: accuracy, more is better. Right: loss of the right answer, less is better. The two need "
            "not move together. Where an interval crosses zero, the questions show no difference.",
            r"\hat\Delta = (\text{fixed} - \text{broken}) / n",
        ),
        table=lambda: pd.DataFrame(
            [
                (row.title, *row.accuracy, *row.loss, each.against.accuracy.p)
                for row, each in zip(rows, ranking, strict=True)
            ],
            columns=["method", "accuracy change", "low", "high", "loss change", "loss low", "loss high", "p"],
        ),
    )


def best_of_ranking(ranking: Sequence[RankedMethod]) -> RankedMethod | None:
    """The best method that is no control."""
    return next((each for each in ranking if not each.is_control), None)


def curves_sentence(comparison: Comparison, ratio: float, best: RankedMethod | None) -> str:
    """The takeaway of the curves."""
    asked = sum(len(answers.right) for answers in comparison.evaluation.answers[ORIGINAL].values())
    if best is None:
        return f"No method saves as much as {ratio:.3g}x asks for; {asked:,} questions"
    accuracy = best.against.accuracy
    before, after = share_text(accuracy.before, 1), share_text(accuracy.after, 1)
    return f"{ratio:.3g}x: {best.title} {after}, original {before}, {asked:,} questions"


def deltas_sentence(ratio: float, ranking: Sequence[RankedMethod]) -> str:
    """The takeaway of the differences."""
    intervals = [each.against.accuracy.interval for each in ranking if not each.is_control]
    better = sum(interval.low > 0 for interval in intervals)
    worse = sum(interval.high < 0 for interval in intervals)
    count = "1 method" if len(intervals) == 1 else f"{len(intervals)} methods"
    return f"Against the original at {ratio:.3g}x: of {count} {better} better, {worse} worse"
