"""The results of a comparison of methods, as plain values, and as one object of JSON's types."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tensorllm_core.experiments.answers import Answers
from tensorllm_core.experiments.constant_answer import constant_answers_json
from tensorllm_core.experiments.evaluate import ORIGINAL, Evaluation
from tensorllm_core.experiments.gone import GONE, Gone, gone_json, gone_sentences
from tensorllm_core.experiments.paired import Paired, difference_json, paired
from tensorllm_core.methods.registry import METHODS

__all__ = ["BudgetResult", "add_answers", "comparison_json", "gone_by_method", "mean_accuracy"]

AnswersByBenchmark = Mapping[str, Answers]


@dataclass(frozen=True)
class BudgetResult:
    """What one method stores and loses at one budget, without its weights.

    `ratio` is the budget. `ranks` are those of each tensor, () for a tensor that stays as it is. `errors` are relative
    errors by matrix over all chosen layers, for the matrices that are replaced; `error` is that of all of these
    together. `gone` has for each layer what is practically gone. Where the method cannot reach the budget, `problem`
    says why and the rest is empty.
    """

    method: str
    ratio: float
    ranks: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    stored_entries: int = 0
    original_entries: int = 0
    errors: Mapping[str, float] = field(default_factory=dict)
    error: float = math.nan
    gone: Mapping[int, Gone] = field(default_factory=dict)
    problem: str = ""

    @property
    def name(self) -> str:
        """The name of the method at this budget among the subjects of an evaluation.

        >>> BudgetResult("tensorllm", 8.0).name
        'tensorllm at 8x'
        """
        return f"{self.method} at {self.ratio:.6g}x"

    @property
    def saved_entries(self) -> int:
        """Original less stored entries."""
        return self.original_entries - self.stored_entries


def comparison_json(
    model: str, layers: Sequence[int], methods: Sequence[str], against: str, results: Sequence[BudgetResult]
) -> dict[str, Any]:
    """What every method stores and loses at every budget; `against` names the method others are tested against."""
    return {
        "model": model,
        "layers": list(layers),
        "against": against,
        "methods": {
            name: {
                "title": METHODS[name].title,
                "points": [_point(result) for result in results if result.method == name],
            }
            for name in methods
        },
    }


def add_answers(comparison: dict[str, Any], results: Sequence[BudgetResult], evaluation: Evaluation) -> None:
    """Add scores, and differences from the original and the method tested against, to a `comparison_json`.

    Args:
        comparison: an object of `comparison_json`, of the same results.
        results: their names are those of the subjects.
        evaluation: answers of the original and of every method that reaches its budget.
    """
    # 1. The questions, and the model as it is.
    original, against = evaluation.answers[ORIGINAL], comparison["against"]
    comparison["benchmarks"] = list(original)
    comparison["n"] = sum(len(answers.right) for answers in original.values())
    comparison["baseline"] = _scores(original)
    comparison["seconds"] = dict(evaluation.seconds)
    for result in results:
        if result.problem:
            continue
        # 2. Each method at each budget: its scores, and its difference from the model as it is.
        points = comparison["methods"][result.method]["points"]
        point = next(point for point in points if point["ratio"] == result.ratio)
        answers = evaluation.answers[result.name]
        point |= _scores(answers)
        point["delta"] = _difference(paired(original, answers))
        # 3. Its difference from the method that the others are tested against, if that reaches the budget.
        other = evaluation.answers.get(BudgetResult(against, result.ratio).name)
        if other is None or result.method == against:
            point["delta_against"] = None
        else:
            point["delta_against"] = _difference(paired(other, answers))


def gone_by_method(results: Sequence[BudgetResult]) -> list[str]:
    """For each budget a sentence on the methods that leave next to nothing of something: of one method, what it is."""
    losing: dict[float, list[BudgetResult]] = {}
    for result in results:
        if any(result.gone.values()):
            losing.setdefault(result.ratio, []).append(result)
    sentences = []
    for ratio, methods in losing.items():
        titles = "; ".join(METHODS[result.method].title for result in methods)
        if len(methods) == 1:
            sentences += [
                f"{titles} at {ratio:.6g}x: {sentence}" for sentence in gone_sentences(methods[0].gone, most=1)
            ]
        else:
            sentences.append(f"At {ratio:.6g}x something is practically gone (error above {GONE:g}) with {titles}.")
    return sentences


def mean_accuracy(answers: AnswersByBenchmark) -> float:
    """Mean accuracy over the benchmarks, in which every benchmark has the same weight."""
    return sum(each.accuracy for each in answers.values()) / len(answers)


def _point(result: BudgetResult) -> dict[str, Any]:
    if result.problem:
        return {"ratio": result.ratio, "problem": result.problem}
    return {
        "ratio": result.ratio,
        "ranks": {name.removeprefix("layer "): list(ranks) for name, ranks in result.ranks.items()},
        "parameters": {
            "original": result.original_entries,
            "compressed": result.stored_entries,
            "saved": result.saved_entries,
        },
        "relative_error": result.error,
        "relative_error_by_matrix": dict(result.errors),
        "practically_gone": gone_json(result.gone),
    }


def _scores(answers: AnswersByBenchmark) -> dict[str, Any]:
    return {
        "accuracy": mean_accuracy(answers),
        "loss": sum(each.mean_loss for each in answers.values()) / len(answers),
        "accuracy_by_benchmark": {name: each.accuracy for name, each in answers.items()},
        "constant_answer": constant_answers_json(answers),
    }


def _difference(difference: Paired) -> dict[str, Any]:
    return difference_json(difference.accuracy, difference.loss)
