"""The rank scan: accuracy over the compression ratio, each at its best ranks, on validation questions."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages.controls.notable import notable
from pages.controls.own_questions import own_questions
from pages.controls.texts import layers_text
from pages.controls.widgets import Explanation, show
from pages.frame.frame import canvas
from pages.reasoning.live_scan import best_of, live_scan
from pages.session import state
from pages.session.plans import scan_plan
from pages.session.scene_parts import ChooseBy
from pages.work import jobs
from pages.work.caches import cached_checkpoint, resources
from pages.work.logged_runs import start_run
from tensorllm_core.benchmarks.benchmark import Split
from tensorllm_core.experiments.evaluate import ORIGINAL
from tensorllm_core.experiments.gone import gone_sentences
from tensorllm_core.figures.rank_scan import ScanPoint as FigurePoint
from tensorllm_core.figures.rank_scan import rank_scan
from tensorllm_core.numbers_text import share_text
from tensorllm_core.runs.edit_run import EditResult
from tensorllm_core.runs.plan import ScanPlan
from tensorllm_core.runs.rank_scan import ScanResult, ScanStep, run_scan, scan_points

__all__ = ["scan_tab"]


def scan_tab(result: EditResult) -> None:
    """A button, then the figure while it is computed. A click on a point offers its ranks."""
    scene = state.current_scene()
    uploaded = own_questions(scene, Split.VALIDATION) if result.plan.questions.own else None
    plan = scan_plan(result.plan, uploaded)
    job = jobs.job_of(plan.key)
    if job is None:
        st.markdown(
            f"Try a dozen compression ratios on {layers_text(plan.layers)}, each at the ranks with the smallest error, "
            "on **validation** questions. Choose a point and use its ranks. Then report the result on **test** ones."
        )
        if st.button("Scan ratios", icon=":material/query_stats:", key="scan"):
            checkpoint = cached_checkpoint(plan.model.reference)

            def run(plan: ScanPlan, report: jobs.Report[ScanResult]) -> ScanResult:
                return run_scan(plan, checkpoint, resources(), report.progress, report.publish)

            job = start_run("reasoning", scene, plan, "Scanning ratios", run, plan.model.device)
    if job is not None:
        jobs.show_live(job, lambda scan: _draw(scan, result))


def _draw(scan: ScanResult, result: EditResult) -> None:
    original, scanned = scan_points(scan)
    points = [
        FigurePoint(
            point.compression_ratio,
            _ranks_text(step),
            point.accuracy,
            point.low,
            point.high,
            point.loss,
            " ".join(gone_sentences(step.gone)),
        )
        for point, step in zip(scanned, scan.steps, strict=True)
    ]
    baseline = FigurePoint(1.0, ORIGINAL, original.accuracy, original.low, original.high, original.loss)
    best = points[best_of(points)]
    takeaway = (
        f"Best of these on {original.n:,} validation questions: {best.ratio:.3g} times smaller, "
        f"accuracy {share_text(best.accuracy, 1)} (original {share_text(original.accuracy, 1)}){_crosses(points)}"
    )
    if state.current_scene().plain:
        _draw_plainly(scan, points, baseline, takeaway, result.compression_ratio)
        return
    key = f"scan {scan.plan.key} {len(points)} {original.n}"
    live_scan(key, points, baseline, takeaway, result.compression_ratio, lambda number: _offer(scan.steps[number]))


def _draw_plainly(
    scan: ScanResult, points: Sequence[FigurePoint], baseline: FigurePoint, takeaway: str, current: float
) -> None:
    selected = show(
        rank_scan(points, canvas(340), baseline=baseline, current=current),
        key="rank scan",
        takeaway=takeaway,
        explanation=Explanation(
            "Each point is the accuracy of the model at one compression ratio, with the ranks of the smallest "
            "reconstruction error. The best of many points is partly luck. So choose a point on validation questions, "
            "and report its result on test questions, which had no part in the choice.",
            r"\max_{\rho}\ \text{accuracy}_{\text{validation}}(\rho)",
        ),
        table=lambda: pd.DataFrame([vars(point) for point in points]),
        selectable=True,
    )
    # A selection may be left over from a scan with more points.
    steps = [scan.steps[number] for number in selected if number < len(scan.steps)]
    if steps:
        _offer(steps[0])
        notable(gone_sentences(steps[0].gone))


def _crosses(points: Sequence[FigurePoint]) -> str:
    """What the crosses of the figure mean, if it has any."""
    gone = [point.ratio for point in points if point.gone]
    return f". Crosses, from {min(gone):.3g}x on: whole parts are practically gone" if gone else ""


def _offer(step: ScanStep) -> None:
    used = st.button(
        f"Use {_ranks_text(step)}",
        type="primary",
        icon=":material/my_location:",
        on_click=_take,
        args=(step,),
        help="Sets these ranks for the edit, and switches to test questions",
    )
    if used:
        # The panel shows the ranks, and stands outside of the fragment that follows the hand.
        st.rerun()


def _take(step: ScanStep) -> None:
    if len(step.ranks) == 1:
        state.change(by=ChooseBy.RANKS, tied=False)
        state.change_ranks(next(iter(step.ranks.values())))
    else:
        state.change(by=ChooseBy.COMPRESSION, ratio=round(step.compression_ratio, 3))
    state.change(chosen_on="validation", split="test")


def _ranks_text(step: ScanStep) -> str:
    if len(step.ranks) == 1:
        return f"ranks {next(iter(step.ranks.values()))}"
    return f"each layer's best ranks at {step.compression_ratio:.3g}x"
