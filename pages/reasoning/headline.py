"""What the edit did, in numbers and in plain sentences: against the original, and, apart from that, the controls."""

from __future__ import annotations

import streamlit as st

from pages.session import state
from tensorllm_core.experiments.evaluate import ORIGINAL
from tensorllm_core.experiments.paired import Paired
from tensorllm_core.experiments.statistics import better_than_control, verdict
from tensorllm_core.runs.edit_run import EditResult
from tensorllm_core.types import Ranks

__all__ = ["headline"]


def headline(result: EditResult) -> None:
    """The delta first, then what it rests on."""
    against = result.against(ORIGINAL)
    accuracy, loss, changed, ratio = st.columns([5, 4, 4, 3], gap="small", wrap=False)
    low, high = 100 * against.accuracy.interval.low, 100 * against.accuracy.interval.high
    accuracy.metric(
        f"Accuracy, change in points [95 %: {low:+.1f} to {high:+.1f}]",
        f"{against.accuracy.before:.1%} → {against.accuracy.after:.1%}",
        f"{100 * against.accuracy.delta:+.1f} points",
        help=(
            "Mean over the benchmarks, before and after; the interval is that of the paired difference: both answered "
            "the same questions."
        ),
    )
    loss.metric(
        "Loss, nats",
        f"{against.loss.before:.2f} → {against.loss.after:.2f}",
        f"{against.loss.delta:+.2f}",
        delta_color="inverse",
        help="Negative log-likelihood of the gold answer. Accuracy and loss need not move together.",
    )
    changed.metric(
        "Answers fixed / broken",
        f"{against.accuracy.fixed:,} / {against.accuracy.broken:,}",
        f"p = {_p(against.accuracy.p)}",
        delta_color="off",
        delta_arrow="off",
        help="McNemar's exact test: were the edit without effect, fixed and broken answers would split evenly",
    )
    ratio.metric(
        "Smaller",
        f"{result.compression_ratio:.1f}x",
        _layers(result),
        delta_color="off",
        delta_arrow="off",
        help="Stored attention weights of the edited layers / entries stored in their place",
    )
    _sentences(result, against)


def _sentences(result: EditResult, against: Paired) -> None:
    st.markdown(f"**Against the original.** {verdict(against.accuracy)}")
    if result.controls:
        with st.container(key="against-the-controls"):
            for column, name in zip(st.columns(len(result.controls), gap="small"), result.controls, strict=True):
                accuracy = result.against(name).accuracy
                column.caption(f"**Against {name}.** {better_than_control(accuracy, 'it')}")
    chosen_on = state.current_scene().reasoning.chosen_on
    if chosen_on and result.plan.questions.split in {chosen_on, "all"}:
        st.warning(
            f"These ranks were chosen on {chosen_on} questions, which are asked here again: the gain looks larger than "
            "it is. Report on **test**.",
            icon=":material/warning:",
        )
    for notice in (*result.notices, *result.evaluation.notices):
        st.caption(notice)
    if not result.evaluation.complete:
        st.caption(f"{result.evaluation.share:.0%} of the questions so far, a random sample of all.")


def _layers(result: EditResult) -> str:
    layers = result.plan.layers
    ranks = sorted({f"{Ranks(*triple)}" for triple in result.ranks.values()})
    named = ranks[0] if len(ranks) == 1 else f"{len(ranks)} rank triples"
    return f"layer {layers[0]}: {named}" if len(layers) == 1 else f"{len(layers)} layers: {named}"


def _p(p: float) -> str:
    return f"{p:.2g}" if p >= 1e-4 else f"{p:.0e}"
