"""The top of the screen: the edit against the original in numbers and a sentence, then against each control."""

from __future__ import annotations

import streamlit as st

from pages.controls.notable import notable
from pages.controls.texts import layers_text
from pages.session import state
from pages.work.plain_text import inert
from tensorllm_core.experiments.constant_answer import constant_sentences
from tensorllm_core.experiments.evaluate import ORIGINAL
from tensorllm_core.experiments.gone import gone_sentences
from tensorllm_core.experiments.paired import Paired
from tensorllm_core.experiments.statistics import better_than_control, verdict
from tensorllm_core.numbers_text import change_text, p_text, ratio_text, share_text
from tensorllm_core.runs.edit_run import EDITED, EditResult
from tensorllm_core.runs.questions import wording_notices
from tensorllm_core.types import Ranks

__all__ = ["headline"]


def headline(result: EditResult) -> None:
    """Accuracy, loss, changed answers and compression ratio; then the sentences."""
    against = result.against(ORIGINAL)
    with st.container(key="headline-reasoning"):
        accuracy, loss, changed, ratio = st.columns([5, 4, 4, 3], gap="small", vertical_alignment="bottom", wrap=False)
    accuracy.metric(
        "Accuracy, before → after",
        f"{share_text(against.accuracy.before, 1)} → {share_text(against.accuracy.after, 1)}",
        change_text(against.accuracy.delta, against.accuracy.interval.low, against.accuracy.interval.high),
        help=(
            "The share of right answers, in the mean over the benchmarks, before and after the edit. Below: the change "
            "in percentage points, with its 95% interval in brackets. Both models answered the same questions, so the "
            "interval is that of a paired difference."
        ),
    )
    loss.metric(
        "Loss in nats, before → after",
        f"{against.loss.before:.2f} → {against.loss.after:.2f}",
        f"{against.loss.delta:+.2f}",
        delta_color="inverse",
        help="Negative log-likelihood of the right answer. Accuracy and loss do not always change together.",
    )
    changed.metric(
        "Answers fixed / broken",
        f"{against.accuracy.fixed:,} / {against.accuracy.broken:,}",
        p_text(against.accuracy.p),
        delta_color="off",
        delta_arrow="off",
        help=(
            "Fixed: wrong before, right after. Broken: right before, wrong after. p is that of McNemar's exact test: "
            "without an effect of the edit, both are equally likely."
        ),
    )
    ratio.metric(
        "Smaller by",
        ratio_text(result.compression_ratio),
        _layers(result),
        delta_color="off",
        delta_arrow="off",
        help="Numbers in the attention of the edited layers, divided by those that are stored instead",
    )
    _sentences(result, against)


def _sentences(result: EditResult, against: Paired) -> None:
    st.markdown(f"**Against the original.** {verdict(against.accuracy)}")
    answers = result.evaluation.answers
    notable([*gone_sentences(result.gone), *constant_sentences({name: answers[name] for name in (ORIGINAL, EDITED)})])
    if result.controls:
        with st.container(key="against-the-controls"):
            for column, name in zip(st.columns(len(result.controls), gap="small"), result.controls, strict=True):
                accuracy = result.against(name).accuracy
                column.caption(f"**Against {name}.** {better_than_control(accuracy, 'it')}")
    chosen_on = state.current_scene().reasoning.chosen_on
    if chosen_on and result.plan.questions.split in {chosen_on, "all"}:
        st.warning(
            f"These ranks were chosen on {chosen_on} questions, and the same questions are asked here. So the gain "
            "looks larger than it is. Report results on **test** questions.",
            icon=":material/warning:",
        )
    for notice in (*result.notices, *wording_notices(result.plan.questions), *result.evaluation.notices):
        st.caption(inert(notice))
    if not result.evaluation.complete:
        st.caption(inert(result.evaluation.so_far))


def _layers(result: EditResult) -> str:
    ranks = sorted({f"{Ranks(*triple)}" for triple in result.ranks.values()})
    ranks_text = ranks[0] if len(ranks) == 1 else f"{len(ranks)} rank triples"
    return f"{layers_text(result.plan.layers)}: {ranks_text}"
