"""Several methods at the same budgets, asked the same questions, in the background; no drawing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pages.session.scene import DEFAULT_MODEL, Scene
from pages.shared.plan import Plan, make_plan
from pages.shared.reasoning import model_key, questions_of
from pages.work.caches import answer_cache, cached_model, prefix_store
from pages.work.queue import Report
from tensorllm_core.benchmarks.benchmark import QuestionSet
from tensorllm_core.errors import CheckpointError
from tensorllm_core.experiments.comparison import bytes_to_hold, check_ratios, contend, subjects_of
from tensorllm_core.experiments.comparison_result import Weighed, weigh
from tensorllm_core.experiments.edits import read_for_all
from tensorllm_core.experiments.evaluate import ORIGINAL, Evaluation, evaluate
from tensorllm_core.methods.method import Method
from tensorllm_core.methods.registry import METHODS, SUGGESTED, make_method
from tensorllm_core.models.checkpoint import Checkpoint
from tensorllm_core.models.fit import check_room
from tensorllm_core.types import LayerWeights

__all__ = [
    "Comparison",
    "ComparisonPlan",
    "compare",
    "layers_unsaid",
    "methods_of",
    "plan_comparison",
    "ratios_of",
    "read_weights",
]

_DECOMPOSING = 0.25
"""Share of the work that it is to find the contenders, about."""
_NOTHING_ASKED = Evaluation({}, {}, {}, (), False)
_ROUNDS = 6
_LEAST_WAVE, _MOST_WAVE = 32, 256


@dataclass(frozen=True)
class ComparisonPlan:
    """What a comparison does; `asked` holds model, layers and questions."""

    asked: Plan
    methods: tuple[str, ...]
    ratios: tuple[float, ...]

    @property
    def key(self) -> str:
        """The same key means the same result: it is made of what decides it, nothing else of the scene."""
        scene = self.asked.scene
        decides = (
            (scene.model, scene.device, scene.dtype, self.asked.layers),
            (self.methods, self.ratios),
            (self.asked.benchmarks, scene.split, scene.sample, scene.template),
            self.asked.own.key if self.asked.own else "",
        )
        return f"compare {self.asked.revision} {hashlib.sha256(repr(decides).encode()).hexdigest()[:20]}"

    def nearest(self, budget: float) -> float:
        """The budget asked at that is nearest to this one."""
        return min(self.ratios, key=lambda ratio: abs(ratio - budget))


@dataclass(frozen=True, eq=False)
class Comparison:
    """What a comparison has found so far: every method at every budget, and all answers.

    `entries` are those of the attention of one layer; each of `layers` layers has its own budget.
    """

    plan: ComparisonPlan
    points: tuple[Weighed, ...]
    entries: int
    layers: int
    evaluation: Evaluation

    @property
    def is_answered(self) -> bool:
        """Whether there are answers yet; before, only what the weights lose is known."""
        return bool(self.evaluation.answers.get(ORIGINAL))

    def at(self, ratio: float) -> tuple[Weighed, ...]:
        """The methods that reach this budget."""
        return tuple(point for point in self.points if point.ratio == ratio and not point.problem)


def layers_unsaid(scene: Scene) -> str:
    """The layers that a scene means that names none: all of the model where damage on every layer is to be seen."""
    return "all" if scene.model == DEFAULT_MODEL else ""


def methods_of(scene: Scene) -> tuple[str, ...]:
    """The methods that the scene names, in the order in which they are registered."""
    chosen = set(scene.methods.split(",") if scene.methods else SUGGESTED)
    return tuple(name for name in METHODS if name in chosen)


def ratios_of(scene: Scene) -> tuple[float, ...]:
    """The budgets: those of the curves and the one in focus.

    Raises:
        RankError: too many.
    """
    return check_ratios([*(float(part) for part in scene.budgets.split(",") if part), scene.budget])


def plan_comparison(scene: Scene, checkpoint: Checkpoint, own: QuestionSet | None) -> ComparisonPlan:
    """The comparison that a scene stands for.

    Raises:
        ExplorerError: as `make_plan` and `ratios_of`.
    """
    asked = make_plan(replace(scene, layers=scene.layers or layers_unsaid(scene)), checkpoint, own)
    return ComparisonPlan(asked, methods_of(scene), ratios_of(scene))


def compare(plan: ComparisonPlan, checkpoint: Checkpoint, report: Report[Comparison]) -> Comparison:
    """Publishes after every decomposition and every wave, and returns what there is when asked to stop.

    Raises:
        ExplorerError: nothing of it can be compared, or there is no room for it.
        StoppedError: stopped before there was an answer.
    """

    def so_far(evaluation: Evaluation, points: Sequence[Weighed]) -> Comparison:
        return Comparison(plan, tuple(points), checkpoint.sizes.entries, len(plan.asked.layers), evaluation)

    def decomposing(share: float, message: str) -> bool:
        return report.progress(_DECOMPOSING * share, message)

    report.progress(0.0, "reading the questions")
    questions = questions_of(plan.asked)
    weights, methods, problems = read_weights(plan, checkpoint)
    check_room(bytes_to_hold(weights, methods, len(plan.ratios)), "the replacements of all methods at all budgets")
    contenders = []
    for contender in contend(weights, methods, plan.ratios, decomposing):
        contenders.append(contender)
        # What the weights lose is something to look at before there are answers.
        report.publish(so_far(_NOTHING_ASKED, [*map(weigh, contenders), *problems]))
    del weights
    points = [*map(weigh, contenders), *problems]
    report.progress(_DECOMPOSING, "loading the model")
    loaded = cached_model(
        model_key(plan.asked.scene, plan.asked.revision),
        lambda share, message: report.progress(_DECOMPOSING, message),
    )

    def on_wave(evaluation: Evaluation) -> bool:
        report.publish(so_far(evaluation, points))
        message = f"{len(evaluation.answers)} models, {evaluation.share:.0%} of the questions"
        return report.progress(_DECOMPOSING + (1 - _DECOMPOSING) * evaluation.share, message)

    subjects = subjects_of(loaded, contenders)
    most = max(len(found.questions) for found in questions)
    wave = min(max(-(-most // _ROUNDS), _LEAST_WAVE), _MOST_WAVE)
    evaluation = evaluate(questions, subjects, store=prefix_store(), cache=answer_cache(), on_wave=on_wave, wave=wave)
    return so_far(evaluation, points)


def read_weights(
    plan: ComparisonPlan, checkpoint: Checkpoint
) -> tuple[Mapping[int, LayerWeights], dict[str, Method], tuple[Weighed, ...]]:
    """Weights, the methods that can be used on them, and those for which the model lacks what they replace.

    Raises:
        LayerError, CheckpointError: as `read_for_all`, where no method could be used.
    """
    methods = {name: make_method(name) for name in plan.methods}
    layers = plan.asked.layers
    try:
        return read_for_all(checkpoint, layers, methods.values()), methods, ()
    except CheckpointError as error:
        without = {name: method for name, method in methods.items() if not method.feed_forward_layers(layers)}
        if not without or len(without) == len(methods):
            raise
        others = [name for name in methods if name not in without]
        return read_for_all(checkpoint, layers, without.values()), without, _unusable(others, plan.ratios, str(error))


def _unusable(names: Sequence[str], ratios: Sequence[float], problem: str) -> tuple[Weighed, ...]:
    return tuple(Weighed(f"{name} at {ratio:.6g}x", name, ratio, problem=problem) for name in names for ratio in ratios)
