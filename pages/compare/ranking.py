"""Who stands where at one budget: every method against the unedited model, the best first, and who cannot be had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pages.work.caches import bounded_cache
from pages.work.plain_text import inert
from tensorllm_core.experiments.answers import Answers
from tensorllm_core.experiments.comparison_result import BudgetResult
from tensorllm_core.experiments.evaluate import ORIGINAL
from tensorllm_core.experiments.intervals import Interval, accuracy_interval, mean_interval
from tensorllm_core.experiments.paired import Paired, paired
from tensorllm_core.methods.registry import CONTROLS, METHODS
from tensorllm_core.runs.comparison_run import Comparison

__all__ = ["RankedMethod", "accuracy_of", "answers_of", "difference_of", "missing_methods", "ranked_methods", "title"]


@dataclass(frozen=True)
class RankedMethod:
    """One method at the budget, and what came of going from the unedited model to it."""

    point: BudgetResult
    against: Paired

    @property
    def is_control(self) -> bool:
        """Whether it is there for others to be measured by."""
        return self.point.method in CONTROLS

    @property
    def title(self) -> str:
        """The method's name for people."""
        return title(self.point.method)


def ranked_methods(comparison: Comparison, ratio: float) -> list[RankedMethod]:
    """The methods that reach the budget, the most right answers first; among equals the smaller loss."""
    if not comparison.evaluation.complete:
        return _ranked_methods(comparison, ratio)
    key = f"ranked_methods {comparison.plan.key} {ratio}"
    return bounded_cache().get_or_compute(key, lambda: _ranked_methods(comparison, ratio))


def title(name: str) -> str:
    """A method's name for people; the unedited model is `original`."""
    return METHODS[name].title if name in METHODS else name


def answers_of(comparison: Comparison, name: str, ratio: float) -> Mapping[str, Answers] | None:
    """What a method, or the original, answered at this budget; None where it was not asked."""
    if name == ORIGINAL:
        return comparison.evaluation.answers[ORIGINAL]
    point = next((point for point in comparison.at(ratio) if point.method == name), None)
    return None if point is None else comparison.evaluation.answers.get(point.name)


def difference_of(comparison: Comparison, first: str, second: str, ratio: float) -> Paired | None:
    """What comes of going from the second method to the first; None where one of them was not asked."""
    before, after = answers_of(comparison, second, ratio), answers_of(comparison, first, ratio)
    return paired(before, after) if before and after else None


def accuracy_of(answers: Mapping[str, Answers]) -> tuple[float, Interval]:
    """Mean accuracy over the benchmarks and its 95% interval."""
    accuracies = [each.accuracy for each in answers.values()]
    return float(np.mean(accuracies)), mean_interval(
        accuracies, [accuracy_interval(each.right) for each in answers.values()]
    )


def missing_methods(comparison: Comparison) -> list[str]:
    """One sentence of Markdown for each method that is missing somewhere, the same one not twice."""
    told = []
    for name in comparison.plan.methods:
        missing = [point for point in comparison.points if point.method == name and point.problem]
        for text in dict.fromkeys(point.problem for point in missing):
            ratios = [f"{point.ratio:.3g}x" for point in missing if point.problem == text]
            where = "" if len(ratios) == len(comparison.plan.ratios) else f" at {', '.join(ratios)}"
            told.append(f"**{title(name)}** is left out{where}. {inert(text)}")
    return told


def _ranked_methods(comparison: Comparison, ratio: float) -> list[RankedMethod]:
    original = comparison.evaluation.answers[ORIGINAL]
    points = [point for point in comparison.at(ratio) if comparison.evaluation.answers.get(point.name)]
    listed = [RankedMethod(point, paired(original, comparison.evaluation.answers[point.name])) for point in points]
    return sorted(listed, key=lambda each: (-each.against.accuracy.after, each.against.loss.after))
