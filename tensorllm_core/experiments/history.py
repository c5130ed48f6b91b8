"""How accuracies settle while questions are answered: one curve for each subject, with a shrinking interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tensorllm_core.experiments.evaluate import Evaluation
from tensorllm_core.experiments.intervals import accuracy_interval

__all__ = ["Curve", "History"]


@dataclass(frozen=True)
class Curve:
    """Accuracy over all questions that were answered so far, of all benchmarks together.

    A point for each wave: the number of questions, their accuracy and its 95 % Wilson interval, as shares of 1.
    """

    name: str
    answered: tuple[int, ...]
    accuracy: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


class History:
    """The curves of one evaluation, to which each wave adds a point."""

    def __init__(self) -> None:
        self._points: dict[str, list[tuple[int, float, float, float]]] = {}

    def add(self, evaluation: Evaluation) -> None:
        """Add a point to every curve."""
        for name, answers in evaluation.answers.items():
            if answers:
                right = np.concatenate([each.right for each in answers.values()])
                interval = accuracy_interval(right)
                point = (len(right), float(right.mean()), interval.low, interval.high)
                self._points.setdefault(name, []).append(point)

    def curves(self) -> tuple[Curve, ...]:
        """All curves so far."""
        return tuple(Curve(name, *zip(*points, strict=True)) for name, points in self._points.items())
