"""What a comparison of methods found, as plain values, and all of it as one object of JSON's types."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tensorllm_core.experiments.answers import Answers
from tensorllm_core.experiments.comparison import Contender
from tensorllm_core.experiments.evaluate import ORIGINAL, Evaluation
from tensorllm_core.experiments.paired import Paired, paired
from tensorllm_core.methods.registry import METHODS

__all__ = ["Weighed", "add_answers", "comparison_json", "macro_accuracy", "weigh"]

Answered = Mapping[str, Answers]
"""Answers by benchmark."""


@dataclass(frozen=True)
class Weighed:
    """A contender without its weights: what it stores and loses; `name` is that under which it is asked.

    Ranks of () stand for a tensor that is kept as it is.

    Where the budget is out of reach, `problem` says why and the rest is empty.
    """

    name: str
    method: str
    ratio: float
    ranks: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    stored_entries: int = 0
    original_entries: int = 0
    errors: Mapping[str, float] = field(default_factory=dict)
    error: float = math.nan
    problem: str = ""

    @property
    def saved_entries(self) -> int:
        """Entries that need not be stored any more."""
        return self.original_entries - self.stored_entries


def weigh(found: Contender) -> Weighed:
    """The contender without its weights."""
    if found.compressed is None:
        return Weighed(found.name, found.method, found.ratio, problem=found.problem)
    return Weighed(
        found.name,
        found.method,
        found.ratio,
        found.compressed.ranks,
        found.compressed.stored_entries,
        found.compressed.original_entries,
        found.errors,
        found.error,
    )


def comparison_json(
    model: str, layers: Sequence[int], names: Sequence[str], against: str, found: Sequence[Weighed]
) -> dict[str, Any]:
    """What every method stores and loses at every budget; `against` names the method others are tested against."""
    return {
        "model": model,
        "layers": list(layers),
        "against": against,
        "methods": {
            name: {
                "title": METHODS[name].title,
                "points": [_weighed(point) for point in found if point.method == name],
            }
            for name in names
        },
    }


def add_answers(result: dict[str, Any], found: Sequence[Weighed], evaluation: Evaluation) -> None:
    """Add what was answered to an object of `comparison_json`, of the same contenders: scores and both differences."""
    original, against = evaluation.answers[ORIGINAL], result["against"]
    result["benchmarks"] = list(original)
    result["n"] = sum(len(answers.right) for answers in original.values())
    result["baseline"] = _scores(original)
    result["seconds"] = dict(evaluation.seconds)
    for weighed in found:
        if weighed.problem:
            continue
        points = result["methods"][weighed.method]["points"]
        point = next(point for point in points if point["ratio"] == weighed.ratio)
        answers = evaluation.answers[weighed.name]
        other = evaluation.answers.get(Contender(against, weighed.ratio, None).name)
        point |= _scores(answers)
        point["delta"] = _difference(paired(original, answers))
        if other is None or weighed.method == against:
            point["delta_against"] = None
        else:
            point["delta_against"] = _difference(paired(other, answers))


def macro_accuracy(answers: Answered) -> float:
    """Mean accuracy over the benchmarks, each counting alike."""
    return sum(found.accuracy for found in answers.values()) / len(answers)


def _weighed(found: Weighed) -> dict[str, Any]:
    if found.problem:
        return {"ratio": found.ratio, "problem": found.problem}
    return {
        "ratio": found.ratio,
        "ranks": {name.removeprefix("layer "): list(ranks) for name, ranks in found.ranks.items()},
        "parameters": {
            "original": found.original_entries,
            "compressed": found.stored_entries,
            "saved": found.saved_entries,
        },
        "relative_error": found.error,
        "relative_error_by_matrix": dict(found.errors),
    }


def _scores(answers: Answered) -> dict[str, Any]:
    return {
        "accuracy": macro_accuracy(answers),
        "loss": sum(found.mean_loss for found in answers.values()) / len(answers),
        "accuracy_by_benchmark": {name: found.accuracy for name, found in answers.items()},
    }


def _difference(found: Paired) -> dict[str, Any]:
    accuracy = found.accuracy
    return {
        "accuracy": accuracy.delta,
        "ci95": [accuracy.interval.low, accuracy.interval.high],
        "loss": found.loss.delta,
        "mcnemar_p": accuracy.p,
        "fixed": accuracy.fixed,
        "broken": accuracy.broken,
    }
