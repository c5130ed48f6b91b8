"""Several methods at the same budgets, asked the same questions: the run behind Compare and `compare`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tensorllm_core.benchmarks.benchmark import QuestionSet, Split
from tensorllm_core.errors import CheckpointError, StoppedError
from tensorllm_core.experiments.answers import Answers
from tensorllm_core.experiments.comparison import MethodAtBudget, bytes_to_hold, compress_at_budgets, subjects_of
from tensorllm_core.experiments.comparison_result import BudgetResult, add_answers, comparison_json, mean_accuracy
from tensorllm_core.experiments.edits import read_for_all
from tensorllm_core.experiments.evaluate import ORIGINAL, Evaluation
from tensorllm_core.methods.method import Method
from tensorllm_core.methods.registry import make_method
from tensorllm_core.models.checkpoint import Checkpoint
from tensorllm_core.models.fit import check_room
from tensorllm_core.runs.edit_run import steps_before_asking
from tensorllm_core.runs.layer_analysis import go_on
from tensorllm_core.runs.plan import ComparisonPlan
from tensorllm_core.runs.questions import questions_of
from tensorllm_core.runs.resources import Resources, ask_all
from tensorllm_core.types import LayerWeights, Progress

__all__ = ["Comparison", "comparison_as_json", "run_comparison"]

_NO_ANSWERS = Evaluation({}, {}, {}, (), False)


@dataclass(frozen=True, eq=False)
class Comparison:
    """The result so far of a comparison: every method at every budget, and all answers.

    `entries` counts the entries of the attention of one layer. `best_ratios` has for each method the budget that did
    best on the validation questions; None where the plan does not ask for it.
    """

    plan: ComparisonPlan
    points: tuple[BudgetResult, ...]
    entries: int
    evaluation: Evaluation = _NO_ANSWERS
    best_ratios: Mapping[str, float] | None = None
    complete: bool = False

    @property
    def layers(self) -> int:
        """How many layers are edited; each has a budget of its own."""
        return len(self.plan.layers)

    @property
    def is_answered(self) -> bool:
        """Whether there are answers yet; before, only the errors of the weights are known."""
        return bool(self.evaluation.answers.get(ORIGINAL))

    def at(self, ratio: float) -> tuple[BudgetResult, ...]:
        """The methods that reach this budget."""
        return tuple(point for point in self.points if point.ratio == ratio and not point.problem)


def run_comparison(
    plan: ComparisonPlan,
    checkpoint: Checkpoint,
    resources: Resources,
    progress: Progress = go_on,
    publish: Callable[[Comparison], None] = lambda comparison: None,
) -> Comparison:
    """Compare; publish after every decomposition and wave, and return the result so far when asked to stop.

    Raises:
        ExplorerError: no method can be used, or there is no room for their replacements.
        StoppedError: stopped before any method was decomposed.
    """
    # 1. The questions, and the weights that the methods read.
    progress(0.0, "reading the questions")
    question_sets = questions_of(plan.questions, resources.load_questions)
    validation_sets = _validation_sets(plan, resources)
    weights, methods, unusable = _read_weights(plan, checkpoint)
    check_room(bytes_to_hold(weights, methods, len(plan.ratios)), "the replacements of all methods at all budgets")
    # 2. Every method at every budget; the errors of the weights can be looked at before there are answers.
    compressed: list[MethodAtBudget] = []
    result = Comparison(plan, unusable, checkpoint.sizes.entries)
    step = steps_before_asking(progress)

    def decomposing(share: float, message: str) -> bool:
        # Where questions follow, nobody knows yet which share of the whole this is.
        return progress(0.0 if question_sets else share, f"decomposing ({share:.0%}), {message}")

    try:
        for method_at_budget in compress_at_budgets(weights, methods, plan.ratios, decomposing):
            compressed.append(method_at_budget)
            result = replace(result, points=(*(each.result for each in compressed), *unusable))
            publish(result)
        del weights
        if not question_sets:
            return replace(result, complete=True)
        # 3. The model, and the questions wave by wave.
        loaded = resources.load_model(plan.model, step)
        subjects = subjects_of(loaded, compressed)
        to_report, to_choose = (sum(len(each.questions) for each in sets) for sets in (question_sets, validation_sets))
        reported = to_report / (to_report + to_choose)

        def on_wave(evaluation: Evaluation) -> None:
            publish(replace(result, evaluation=evaluation))

        evaluation = ask_all(question_sets, subjects, resources, on_wave, _part(progress, 0.0, reported))
        result = replace(result, evaluation=evaluation, complete=evaluation.complete and not validation_sets)
        # 4. The budget of each method, chosen on questions that the report does not ask.
        if validation_sets and evaluation.complete:
            chosen_by = ask_all(validation_sets, subjects, resources, lambda _: None, _part(progress, reported, 1.0))
            best = _best_budgets(compressed, chosen_by.answers)
            result = replace(result, best_ratios=best, complete=chosen_by.complete)
    except StoppedError:
        if not compressed:
            raise
    return result


def comparison_as_json(result: Comparison, against: str) -> dict[str, Any]:
    """The JSON object of a comparison; `against` names the method that the others are tested against."""
    plan = result.plan
    as_json = comparison_json(plan.model.reference, plan.layers, plan.methods, against, result.points)
    if result.is_answered:
        add_answers(as_json, result.points, result.evaluation)
        as_json["split"] = plan.questions.split.value
        as_json["chat_template"] = plan.questions.chat
    as_json["complete"] = result.complete
    if result.best_ratios is not None:
        for name, method in as_json["methods"].items():
            method["ratio_chosen_on_validation"] = result.best_ratios.get(name)
    return as_json


def _part(progress: Progress, begin: float, end: float) -> Progress:
    """The progress of a part of the work: its shares from 0 to 1 lie from `begin` to `end` in the whole."""
    return lambda share, message: progress(begin + (end - begin) * share, message)


def _validation_sets(plan: ComparisonPlan, resources: Resources) -> list[QuestionSet]:
    if not plan.choose:
        return []
    return questions_of(replace(plan.questions, split=Split.VALIDATION), resources.load_questions)


def _best_budgets(
    compressed: Sequence[MethodAtBudget], answers: Mapping[str, Mapping[str, Answers]]
) -> dict[str, float]:
    """For each method the budget with the best mean accuracy; of equals the smaller model."""
    best: dict[str, tuple[float, float]] = {}
    for result in (each.result for each in compressed):
        if result.name in answers:
            score = (mean_accuracy(answers[result.name]), result.ratio)
            best[result.method] = max(score, best.get(result.method, score))
    return {method: ratio for method, (_, ratio) in best.items()}


def _read_weights(
    plan: ComparisonPlan, checkpoint: Checkpoint
) -> tuple[Mapping[int, LayerWeights], dict[str, Method], tuple[BudgetResult, ...]]:
    """The weights, the methods that can be used on them, and results that say why the other methods cannot.

    Raises:
        LayerError, CheckpointError: as `read_for_all`, where no method could be used.
    """
    methods = {name: make_method(name) for name in plan.methods}
    try:
        return read_for_all(checkpoint, plan.layers, methods.values()), methods, ()
    except CheckpointError as error:
        usable = {name: method for name, method in methods.items() if not method.feed_forward_layers(plan.layers)}
        if not usable or len(usable) == len(methods):
            raise
        unusable = [name for name in methods if name not in usable]
        return (
            read_for_all(checkpoint, plan.layers, usable.values()),
            usable,
            tuple(BudgetResult(name, ratio, problem=str(error)) for name in unusable for ratio in plan.ratios),
        )
