"""The rank scan: accuracy against compression ratio at the best ranks of each, on validation questions."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import streamlit as st

from pages.controls.questions_panel import own_questions
from pages.controls.widgets import Explanation, show
from pages.frame.frame import canvas
from pages.session import state
from pages.session.scene import ChooseBy
from pages.shared.reasoning import Reasoning
from pages.shared.scanning import Scan, ScanStep, scan, scan_plan
from pages.work import jobs
from pages.work.caches import cached_checkpoint
from tensorllm_core.benchmarks.benchmark import Split
from tensorllm_core.experiments.answers import join_answers
from tensorllm_core.experiments.evaluate import ORIGINAL
from tensorllm_core.experiments.intervals import accuracy_interval
from tensorllm_core.figures.rank_scan import ScanPoint, rank_scan

__all__ = ["scan_tab"]


def scan_tab(result: Reasoning) -> None:
    """A button, then the picture as it is computed; a click on a point takes its ranks."""
    asked = result.plan
    own = own_questions(replace(asked.scene, split=Split.VALIDATION.value)) if asked.own else None
    plan = scan_plan(asked, own)
    job = jobs.job_of(f"scan {plan.key}")
    layers = f"layer {plan.layers[0]}" if len(plan.layers) == 1 else f"{len(plan.layers)} layers"
    if job is None:
        st.markdown(
            f"Try a dozen compression ratios on {layers}, each at the ranks with the least error, on **validation** "
            "questions. Click a point to take its ranks; then report them on **test**."
        )
        if st.button("Scan ratios", icon=":material/query_stats:", key="scan"):
            checkpoint = cached_checkpoint(plan.scene.model)
            device = plan.scene.device
            job = jobs.start(f"scan {plan.key}", "Scanning", lambda report: scan(plan, checkpoint, report), device)
    if job is not None:
        jobs.show_live(job, lambda found: _draw(found, result))


def _draw(found: Scan, result: Reasoning) -> None:
    answers = {name: join_answers(list(parts.values())) for name, parts in found.evaluation.answers.items() if parts}
    points = []
    for step in found.steps:
        interval = accuracy_interval(answers[step.name].right)
        points.append(
            ScanPoint(
                step.compression_ratio,
                _named(step),
                answers[step.name].accuracy,
                interval.low,
                interval.high,
                answers[step.name].mean_loss,
            )
        )
    original = answers[ORIGINAL]
    interval = accuracy_interval(original.right)
    best = max(points, key=lambda point: (point.accuracy, point.ratio))
    event = show(
        rank_scan(
            points,
            canvas(340),
            baseline=ScanPoint(1.0, "original", original.accuracy, interval.low, interval.high, original.mean_loss),
            current=result.compression_ratio,
        ),
        key="rank scan",
        takeaway=(
            f"Best of these on {len(original.right):,} validation questions: {best.ratio:.3g} times smaller, "
            f"{best.accuracy:.1%} (original {original.accuracy:.1%})"
        ),
        explanation=Explanation(
            "At each compression ratio the ranks with the least reconstruction error, and what the model then answers. "
            "The best point is partly luck: many were tried. So it is chosen on validation questions and reported on "
            "test questions, which it has not seen.",
            r"\max_{\rho}\ \text{accuracy}_{\text{validation}}(\rho)",
        ),
        table=lambda: pd.DataFrame([vars(point) for point in points]),
        selectable=True,
    )
    chosen = [point for point in event if point < len(found.steps)]
    if chosen:
        _offer(found.steps[chosen[0]])


def _offer(step: ScanStep) -> None:
    st.button(
        f"Take {_named(step)}",
        type="primary",
        icon=":material/my_location:",
        on_click=_take,
        args=(step,),
        help="Sets these ranks for the edit and turns to test questions",
    )


def _take(step: ScanStep) -> None:
    if len(step.ranks) == 1:
        state.change(by=ChooseBy.RANKS, tied=False)
        state.change_ranks(next(iter(step.ranks.values())))
    else:
        state.change(by=ChooseBy.COMPRESSION, ratio=round(step.compression_ratio, 3))
    state.change(chosen_on="validation", split="test")


def _named(step: ScanStep) -> str:
    if len(step.ranks) == 1:
        return f"ranks {next(iter(step.ranks.values()))}"
    return f"each layer's best at {step.compression_ratio:.3g}x"
