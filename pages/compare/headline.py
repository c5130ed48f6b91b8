"""Who is best at the budget in focus, and whether that is more than luck."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.compare.ranking import RankedMethod, difference_of
from pages.controls.notable import notable
from pages.frame.frame import type_scale
from pages.work.plain_text import inert
from tensorllm_core.experiments.comparison_result import gone_by_method
from tensorllm_core.experiments.constant_answer import constant_sentences
from tensorllm_core.experiments.evaluate import ORIGINAL
from tensorllm_core.experiments.statistics import best_of, better_than_control, verdict
from tensorllm_core.runs.comparison_run import Comparison
from tensorllm_core.runs.questions import wording_notices

__all__ = ["headline"]


def headline(comparison: Comparison, ratio: float, ranking: Sequence[RankedMethod]) -> None:
    """Four numbers, then two sentences: the best against the original, and against the next and the control."""
    methods = [each for each in ranking if not each.is_control]
    control = next((each for each in ranking if each.is_control), None)
    best, second = [*methods, None, None][:2]
    labels = (f"Best at {ratio:.3g}x", "Next", "Control")
    presents = type_scale() > 1
    # Larger type leaves no room for a fourth number, which the panel has too.
    widths = [1, 1, 1] if presents else [5, 5, 4, 4]
    with st.container(key="headline-compare"):
        columns = st.columns(widths, gap="small", vertical_alignment="bottom", wrap=False)
    for column, label, each in zip(columns, labels, (best, second, control), strict=False):
        _metric(column, label, each)
    if not presents:
        _saved(columns[3], comparison, ratio)
    if best is None:
        st.markdown("**No method can save as much as this budget asks for** on these layers. Choose a smaller ratio.")
        return
    answers = comparison.evaluation.answers
    subjects = {ORIGINAL: answers[ORIGINAL]} | {each.title: answers[each.point.name] for each in ranking}
    against_original = verdict(best.against.accuracy)
    st.markdown(f"**{best.title} has the highest accuracy of these methods.** Against the original: {against_original}")
    # A control is made to lose: only of the others it is news.
    notable([*gone_by_method([each.point for each in methods]), *constant_sentences(subjects)])
    words = [best_of(best.against.accuracy, len(methods))] if second else []
    for other in (second, control):
        between = difference_of(comparison, best.point.method, other.point.method, ratio) if other else None
        if other and between:
            name = f"the control, {other.title}" if other.is_control else other.title
            words.append(better_than_control(between.accuracy, name))
    if not comparison.evaluation.complete:
        words.append(inert(comparison.evaluation.so_far))
    st.caption(
        "  \n".join(
            [*words, *map(inert, (*wording_notices(comparison.plan.questions), *comparison.evaluation.notices))]
        )
    )


def _metric(column: st.delta_generator.DeltaGenerator, label: str, each: RankedMethod | None) -> None:
    if each is None:
        column.metric(label, "–", "not compared", delta_color="off", delta_arrow="off")
        return
    accuracy = each.against.accuracy
    is_shown = not accuracy.interval.low <= 0 <= accuracy.interval.high
    column.metric(
        f"{label}: {each.title}",
        f"{accuracy.before:.1%} → {accuracy.after:.1%}",
        f"{100 * accuracy.delta:+.1f} points, loss {each.against.loss.delta:+.2f}",
        delta_color="normal" if is_shown else "off",
        delta_arrow="auto" if is_shown else "off",
        help=(
            f"Mean accuracy over the benchmarks, {ORIGINAL} and compressed; 95% interval of the difference "
            f"{100 * accuracy.interval.low:+.1f} to {100 * accuracy.interval.high:+.1f} points. Loss in nats."
        ),
    )


def _saved(column: st.delta_generator.DeltaGenerator, comparison: Comparison, ratio: float) -> None:
    saved = comparison.entries - int(comparison.entries / ratio)
    column.metric(
        "Every method saves, at least",
        f"{saved * comparison.layers:,}",
        f"{saved / comparison.entries:.0%} of the attention of {_layers(comparison)}",
        delta_color="off",
        delta_arrow="off",
        help="Entries that need not be stored any more. The same for all methods, whatever they replace",
    )


def _layers(comparison: Comparison) -> str:
    layers = comparison.plan.layers
    return f"layer {layers[0]}" if len(layers) == 1 else f"{len(layers)} layers"
