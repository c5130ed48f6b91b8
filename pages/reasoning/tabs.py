"""The tabs in the lower half of the screen: changed answers, margins, confidence, rank scan, by benchmark."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from pages.controls.open_tab import draw_open_tab
from pages.controls.widgets import Explanation, csv_button, show
from pages.frame.frame import canvas
from pages.reasoning.rank_scan_tab import scan_tab
from pages.session.scene import REASONING_TABS, Scene
from tensorllm_core.experiments.answers import Answers, flips, join_answers
from tensorllm_core.experiments.evaluate import ORIGINAL
from tensorllm_core.experiments.reliability import measure_reliability
from tensorllm_core.figures.calibration import CalibrationCurve, reliability
from tensorllm_core.figures.margins import margins, margins_caption
from tensorllm_core.runs.edit_run import EDITED, EditResult

__all__ = ["details"]


def details(scene: Scene, result: EditResult) -> None:
    """The tabs; only the open one is computed."""
    drawers = (_changed_answers, _margins, _confidence, scan_tab, _by_benchmark)
    draw_open_tab("reasoning tabs", scene, REASONING_TABS, drawers, result)


def _changed_answers(result: EditResult) -> None:
    rows = [
        {
            "change": "fixed" if flip.fixed else "broken",
            "benchmark": benchmark,
            "question": flip.question.text,
            "gold answer": flip.question.answer,
            "before": flip.before,
            "after": flip.after,
            "p(gold) before": flip.gold_probability_before,
            "p(gold) after": flip.gold_probability_after,
        }
        for benchmark in result.evaluation.answers[ORIGINAL]
        for flip in flips(result.evaluation.answers[ORIGINAL][benchmark], result.evaluation.answers[EDITED][benchmark])
    ]
    if not rows:
        st.info("No answer changed on these questions.", icon=":material/equal:")
        return
    table = pd.DataFrame(rows)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.segmented_control(
            "Show", ["all", "fixed", "broken"], default="all", key="which flips", required=True,
            label_visibility="collapsed",
        )  # fmt: skip
        words = st.text_input(
            "Search", key="search flips", placeholder="Search questions and answers", label_visibility="collapsed"
        )
        csv_button(table, "changed answers")
    shown = table if kind in {None, "all"} else table[table["change"] == kind]
    if words:
        texts = shown[["benchmark", "question", "gold answer", "before", "after"]].astype(str).agg(" ".join, axis=1)
        shown = shown[texts.str.contains(words, case=False, regex=False)]
    st.caption(
        f"{len(shown):,} of {len(table):,} changed answers. p(gold) is the probability of the right answer among the "
        "choices."
    )
    probability = st.column_config.ProgressColumn(min_value=0.0, max_value=1.0, format="percent")
    st.dataframe(
        shown,
        hide_index=True,
        height=320,
        column_config=dict.fromkeys(("p(gold) before", "p(gold) after"), probability),
    )


def _all_answers(result: EditResult, subject: str) -> Answers:
    return join_answers(list(result.evaluation.answers[subject].values()))


def _margins(result: EditResult) -> None:
    before, after = _all_answers(result, ORIGINAL), _all_answers(result, EDITED)
    known = np.isfinite(before.margin) & np.isfinite(after.margin)
    if not known.any():
        st.info("Only questions with choices have a margin. These answers were generated as text.")
        return
    change = float(np.median(after.margin[known] - before.margin[known]))
    show(
        margins(before.margin[known], after.margin[known], canvas(340)),
        key="margins",
        takeaway=f"Median change of the margin: {change:+.2f} nats. An answer is right where its margin is above 0",
        explanation=Explanation(
            "Each point is a question. The margin says how far the right (gold) answer is ahead of the best other "
            "choice, before the edit (across) and after it (up). An answer is right where its margin is above zero: "
            "the points at the top left are fixed, those at the bottom right broken.",
            r"m = \log p(\text{gold}) - \max_{c \ne \text{gold}} \log p(c)",
        ),
        table=lambda: pd.DataFrame(
            {
                "question": [question.text for question, keep in zip(before.questions, known, strict=True) if keep],
                "before": before.margin[known],
                "after": after.margin[known],
            }
        ),
        caption=margins_caption(int(known.sum())),
    )


def _confidence(result: EditResult) -> None:
    curves = {}
    for subject in (ORIGINAL, EDITED):
        answers = _all_answers(result, subject)
        known = np.isfinite(answers.confidence)
        if not known.any():
            st.info("Only questions with choices have a confidence. These answers were generated as text.")
            return
        curves[subject] = measure_reliability(answers.confidence[known], answers.right[known])
    errors = ", ".join(f"{name} {curve.error:.1%}" for name, curve in curves.items())
    show(
        reliability(
            [
                CalibrationCurve(name, curve.centres, curve.accuracy, curve.counts, curve.confidence)
                for name, curve in curves.items()
            ],
            canvas(340),
            emphasised=EDITED,
        ),
        key="confidence",
        takeaway=f"Expected calibration error, the lower the better: {errors}",
        explanation=Explanation(
            "The answers are put into bins by confidence, the probability of the chosen answer among the choices. For "
            "each bin the figure shows the share of right answers. On the diagonal, a model is right as often as its "
            "confidence says.",
            r"\text{ECE} = \sum_b \tfrac{n_b}{n}\,\lvert \text{accuracy}_b - \text{confidence}_b \rvert",
        ),
        table=lambda: pd.concat(
            pd.DataFrame(
                {"subject": name, "confidence": curve.centres, "accuracy": curve.accuracy, "questions": curve.counts}
            )
            for name, curve in curves.items()
        ),
    )


def _by_benchmark(result: EditResult) -> None:
    rows = []
    for subject in (EDITED, *result.controls):
        for benchmark, (accuracy, loss) in result.against(ORIGINAL, subject).by_benchmark.items():
            rows.append(
                {
                    "subject": subject,
                    "benchmark": benchmark,
                    "questions": accuracy.n,
                    "accuracy before": accuracy.before,
                    "accuracy after": accuracy.after,
                    "change": accuracy.delta,
                    "95% from": accuracy.interval.low,
                    "to": accuracy.interval.high,
                    "fixed": accuracy.fixed,
                    "broken": accuracy.broken,
                    "McNemar p": accuracy.p,
                    "loss before": loss.before,
                    "loss after": loss.after,
                    "loss change": loss.delta,
                    "loss from": loss.interval.low,
                    "loss to": loss.interval.high,
                }
            )
    table = pd.DataFrame(rows)
    percent = st.column_config.NumberColumn(format="percent")
    st.dataframe(
        table,
        hide_index=True,
        column_config=dict.fromkeys(("accuracy before", "accuracy after", "change", "95% from", "to"), percent)
        | {"McNemar p": st.column_config.NumberColumn(format="scientific")}
        | {
            name: st.column_config.NumberColumn(format="%.3f")
            for name in ("loss before", "loss after", "loss change", "loss from", "loss to")
        },
    )
    csv_button(table, "by benchmark")
    seconds = ", ".join(f"{name} {spent:.1f} s" for name, spent in result.evaluation.seconds.items())
    st.caption(f"Time: {seconds}. The answers of the unedited model are kept for later runs.")
