"""From a scene to the plans of the core: the same plans that the commands make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pages.session.scene import DEFAULT_MODEL, Scene
from pages.session.scene_parts import ChooseBy
from tensorllm_core.benchmarks.benchmark import QuestionSet, Split
from tensorllm_core.experiments.comparison import check_ratios
from tensorllm_core.methods.description import Options
from tensorllm_core.methods.registry import METHODS, SUGGESTED
from tensorllm_core.models.checkpoint import Checkpoint
from tensorllm_core.runs.plan import (
    ComparisonPlan,
    EditPlan,
    LayerPlan,
    ModelPlan,
    QuestionPlan,
    ScanPlan,
    SurveyPlan,
    chosen_layers,
    plan_layer,
    plan_model,
    plan_survey,
)
from tensorllm_core.runs.questions import default_benchmarks, plan_questions
from tensorllm_core.runs.ranks import GivenRanks, LargestError, LeastRatio, RankDecision, RankRule, suggested_rule

__all__ = [
    "budgets_of",
    "chosen_benchmarks",
    "comparison_plan",
    "default_compared_layers",
    "edit_plan",
    "layer_plan",
    "methods_of",
    "model_plan",
    "rank_rule",
    "scan_plan",
    "survey_plan",
]


def layer_plan(scene: Scene, checkpoint: Checkpoint) -> LayerPlan:
    """The layer that is shown.

    Raises:
        RequestError: this machine has no such device.
    """
    return plan_layer(checkpoint, scene.layer, scene.layout, scene.device)


def survey_plan(scene: Scene, checkpoint: Checkpoint) -> SurveyPlan:
    """All layers of the model.

    Raises:
        RequestError: this machine has no such device.
    """
    return plan_survey(checkpoint, scene.layout, scene.device)


def model_plan(scene: Scene, checkpoint: Checkpoint) -> ModelPlan:
    """The whole model.

    Raises:
        RequestError: this machine has no such device.
    """
    return plan_model(checkpoint, scene.device, scene.dtype)


def rank_rule(scene: Scene) -> RankRule:
    """The rule by which the scene chooses ranks."""
    part = scene.ranks
    if part.by is ChooseBy.ERROR:
        return LargestError(part.error)
    if part.by is ChooseBy.COMPRESSION:
        return LeastRatio(part.ratio)
    return suggested_rule(scene.model) if part.chosen is None else GivenRanks(part.chosen, part.tied)


def edit_plan(
    scene: Scene, checkpoint: Checkpoint, decision: RankDecision, uploaded: QuestionSet | None = None
) -> EditPlan:
    """The edit that the scene describes, at the ranks that Decompose shows.

    If an error, a ratio or the suggestion decides, each layer gets ranks of its own. If the ranks are given, or the
    ratio cannot be reached, all layers get the ranks of the decision.

    Raises:
        ExplorerError: as `chosen_layers` and `plan_questions`.
    """
    rule = rank_rule(scene)
    if decision.problem or isinstance(rule, GivenRanks):
        rule = GivenRanks(decision.ranks)
    return EditPlan(
        model_plan(scene, checkpoint),
        _layers(scene, checkpoint, (str(scene.layer),)),
        "tensorllm-refined" if scene.ranks.refine else "tensorllm",
        rule,
        _questions(scene, uploaded),
        Options(scene.layout),
        scene.reasoning.controls,
    )


def scan_plan(plan: EditPlan, uploaded: QuestionSet | None = None) -> ScanPlan:
    """The rank scan for an edit: the same layers and benchmarks, but validation questions.

    Args:
        uploaded: the validation questions of the visitor's own file, if the edit asks its questions.
    """
    own = (uploaded,) if plan.questions.own and uploaded is not None else ()
    questions = replace(plan.questions, split=Split.VALIDATION, own=own)
    return ScanPlan(plan.model, plan.layers, plan.options.layout, questions)


def comparison_plan(scene: Scene, checkpoint: Checkpoint, uploaded: QuestionSet | None = None) -> ComparisonPlan:
    """The comparison that the scene describes.

    Raises:
        ExplorerError: as `chosen_layers`, `plan_questions` and `budgets_of`.
    """
    return ComparisonPlan(
        model_plan(scene, checkpoint),
        _layers(scene, checkpoint, default_compared_layers(scene)),
        methods_of(scene),
        budgets_of(scene),
        _questions(scene, uploaded),
    )


def default_compared_layers(scene: Scene) -> tuple[str, ...]:
    """Default layers of Compare: all for the noisy demo model, which has damage on each; else the one shown."""
    return ("all",) if scene.model == DEFAULT_MODEL else (str(scene.layer),)


def chosen_benchmarks(scene: Scene) -> tuple[str, ...]:
    """The benchmarks to ask; none for a model that is not bundled until the visitor chooses some."""
    return scene.questions.benchmark or default_benchmarks(scene.model)


def methods_of(scene: Scene) -> tuple[str, ...]:
    """The methods to compare, in the order of the registry."""
    names = scene.compare.methods or SUGGESTED
    return tuple(name for name in METHODS if name in names)


def budgets_of(scene: Scene) -> tuple[float, ...]:
    """The budgets to compare at: those of the curves and the one in focus.

    Raises:
        RankError: too many.
    """
    return check_ratios([*scene.compare.budgets, scene.compare.budget])


def _layers(scene: Scene, checkpoint: Checkpoint, default: Sequence[str]) -> tuple[int, ...]:
    return chosen_layers(checkpoint, ",".join(scene.questions.layers or default))


def _questions(scene: Scene, uploaded: QuestionSet | None) -> QuestionPlan:
    part = scene.questions
    names = chosen_benchmarks(scene)
    return plan_questions(names, Split(part.split), part.sample or None, part.template, uploaded, chat=part.chat)
