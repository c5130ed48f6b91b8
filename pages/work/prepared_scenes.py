"""All that the scenes of a list need, computed ahead while nobody waits: layers, surveys, runs of questions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from pages.session.links import parse_scene
from pages.session.plans import comparison_plan, edit_plan, layer_plan, survey_plan
from pages.session.scene import Scene
from pages.session.scene_list import ListedScene, SceneList
from pages.work.ahead import Need, prepare_first
from pages.work.ahead_board import Wish
from pages.work.caches import cached_checkpoint, job_board, layer_cache, layer_store, prepared_runs, resources
from pages.work.logged_runs import prepare_run
from pages.work.report import Report
from tensorllm_core.errors import ExplorerError
from tensorllm_core.experiments.layers import is_surveyed
from tensorllm_core.models.bundled_models import BUNDLED
from tensorllm_core.models.checkpoint import Checkpoint
from tensorllm_core.runs.comparison_run import run_comparison
from tensorllm_core.runs.edit_run import run_edit
from tensorllm_core.runs.layer_analysis import LayerAnalysis
from tensorllm_core.runs.plan import ComparisonPlan, EditPlan, LayerPlan, SurveyPlan
from tensorllm_core.runs.ranks import RankDecision
from tensorllm_core.runs.survey import run_survey
from tensorllm_core.types import Ranks

__all__ = ["needs_of", "prepare_scenes"]

P = TypeVar("P", EditPlan, ComparisonPlan)

_OF_ONE_LAYER = ("decompose", "heads", "reasoning")
_ANY_RANKS = Ranks(1, 1, 1)
"""Where a rule decides the ranks of a run, those of one layer do not matter."""


def prepare_scenes(scenes: SceneList, at: int) -> int:
    """Wish for what the scenes need that is not there yet, from scene `at` on and then from the first.

    Returns how many scenes need nothing any more. Only bundled models are prepared: of another one nobody knows what
    it takes.
    """
    order = [*range(at - 1, len(scenes.scenes)), *range(at - 1)]
    needs = [tuple(needs_of(scenes.scenes[place])) for place in order]
    prepare_first([need for each in needs for need in each])
    return sum(all(need.is_met() for need in each) for each in needs)


def needs_of(listed: ListedScene) -> Iterator[Need]:
    """What a scene needs; nothing if it cannot be opened, as its screen then says."""
    scene, _ = parse_scene(listed.parameters)
    if scene.model not in BUNDLED:
        return
    try:
        checkpoint = cached_checkpoint(scene.model)
        checkpoint.check_layer(scene.layer)
        if listed.page in _OF_ONE_LAYER:
            yield _layer(layer_plan(scene, checkpoint), checkpoint)
        if listed.page == "layers":
            yield _survey(survey_plan(scene, checkpoint), checkpoint)
        if listed.page == "reasoning":
            chosen = scene.ranks.chosen or _ANY_RANKS
            edit = edit_plan(scene, checkpoint, RankDecision(chosen, chosen))
            yield _run(
                "reasoning",
                scene,
                edit,
                "Asking the questions",
                lambda plan, report: run_edit(plan, checkpoint, resources(), report.progress, report.publish),
            )
        if listed.page == "compare":
            comparison = comparison_plan(scene, checkpoint)
            yield _run(
                "compare",
                scene,
                comparison,
                "Comparing",
                lambda plan, report: run_comparison(plan, checkpoint, resources(), report.progress, report.publish),
            )
    except ExplorerError:
        return


def _layer(plan: LayerPlan, checkpoint: Checkpoint) -> Need:
    def work(report: Report[LayerAnalysis]) -> LayerAnalysis:
        return layer_cache().prepare(plan, checkpoint, report.progress, report.publish)

    return Need(Wish(plan.key, f"Decomposing layer {plan.layer}", work), lambda: layer_cache().has(plan))


def _survey(plan: SurveyPlan, checkpoint: Checkpoint) -> Need:
    store = layer_store()

    def work(report: Report[Any]) -> Any:
        return run_survey(plan, checkpoint, store, report.progress, report.publish)

    return Need(Wish(plan.key, "Reading the layers", work), lambda: is_surveyed(checkpoint, plan.layout, store))


def _run(page: str, scene: Scene, plan: P, title: str, run: Callable[[P, Report[Any]], Any]) -> Need:
    def work(report: Report[Any]) -> Any:
        return prepare_run(page, scene, plan, run, report)

    return Need(Wish(plan.key, title, work), lambda: plan.key in prepared_runs() or job_board().is_done(plan.key))
