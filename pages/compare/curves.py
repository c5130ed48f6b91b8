"""A comparison as curves of accuracy against stored entries; plain data, so that a pinned result is kept whole."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from pages.compare.ranking import accuracy_of, title
from pages.session import state
from tensorllm_core.experiments.comparison_result import BudgetResult
from tensorllm_core.experiments.evaluate import ORIGINAL
from tensorllm_core.figures.method_curves import MethodCurve, MethodPoint
from tensorllm_core.methods.registry import METHODS
from tensorllm_core.runs.comparison_run import Comparison

__all__ = ["Curves", "curves_of", "pin", "pinned", "unpin"]

_PINNED = "pinned comparison"


@dataclass(frozen=True)
class Curves:
    """One line for each method, the unedited model, and what was asked of which model, in words."""

    label: str
    curves: tuple[MethodCurve, ...]
    baseline: MethodPoint

    def table(self) -> pd.DataFrame:
        """All points as rows."""
        original = (ORIGINAL, (self.baseline,))
        return pd.DataFrame(
            [
                (self.label, method, point.ratio, point.stored, point.accuracy, point.low, point.high)
                for method, points in (*((curve.title, curve.points) for curve in self.curves), original)
                for point in points
            ],
            columns=["asked", "method", "budget", "entries stored", "accuracy", "low", "high"],
        )


def curves_of(comparison: Comparison) -> Curves:
    """The curves of what has been answered so far."""
    curves = []
    for name in comparison.plan.methods:
        points = []
        for point in comparison.points:
            answers = comparison.evaluation.answers.get(point.name)
            if point.method == name and not point.problem and answers:
                accuracy, interval = accuracy_of(answers)
                stored = _stored(comparison, point)
                share = stored / (comparison.entries * comparison.layers)
                points.append(MethodPoint(point.ratio, stored, share, accuracy, interval.low, interval.high))
        curves.append(MethodCurve(name, title(name), METHODS[name].look, tuple(points)))
    accuracy, interval = accuracy_of(comparison.evaluation.answers[ORIGINAL])
    whole = MethodPoint(1.0, float(comparison.entries * comparison.layers), 1.0, accuracy, interval.low, interval.high)
    return Curves(_label(comparison), tuple(curves), whole)


def pin(curves: Curves) -> None:
    """Keep these curves for this tab, whatever is compared next."""
    state.keep(_PINNED, curves)


def unpin() -> None:
    """Let them go."""
    state.keep(_PINNED, None)


def pinned() -> Curves | None:
    """What is kept."""
    return state.kept(_PINNED)


def _stored(comparison: Comparison, point: BudgetResult) -> float:
    """Entries of the layers' attention that would be left if all that the method saves were saved there.

    For a method on the attention that is what it stores. One that replaces feed-forward matrices may save more than
    the attention has; it stands at its budget.
    """
    left = comparison.entries * comparison.layers - point.saved_entries
    return float(left if left > 0 else comparison.layers * max(comparison.entries / point.ratio, 1.0))


def _label(comparison: Comparison) -> str:
    plan, layers = comparison.plan, comparison.plan.layers
    which = f"layer {layers[0]}" if len(layers) == 1 else f"{len(layers)} layers"
    asked = sum(len(answers.right) for answers in comparison.evaluation.answers[ORIGINAL].values())
    benchmarks = ", ".join(plan.questions.benchmarks)
    return f"{plan.model.reference}, {which}, {asked:,} {plan.questions.split} questions of {benchmarks}"
