"""How accuracies settle as questions come in: one curve for each subject, with an interval that shrinks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tensorllm_core.experiments.evaluate import Evaluation
from tensorllm_core.experiments.intervals import accuracy_interval

__all__ = ["Curve", "History"]


@dataclass(frozen=True)
class Curve:
    """Accuracy over all questions answered so far, of all benchmarks together, with its 95 % Wilson interval."""

    name: str
    answered: tuple[int, ...]
    accuracy: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


class History:
    """Notes an evaluation after each wave."""

    def __init__(self) -> None:
        self._points: dict[str, list[tuple[int, float, float, float]]] = {}

    def note(self, evaluation: Evaluation) -> None:
        """Add a point to every curve."""
        for name, answers in evaluation.answers.items():
            if answers:
                right = np.concatenate([found.right for found in answers.values()])
                interval = accuracy_interval(right)
                point = (len(right), float(right.mean()), interval.low, interval.high)
                self._points.setdefault(name, []).append(point)

    def curves(self) -> tuple[Curve, ...]:
        """All curves so far."""
        return tuple(Curve(name, *zip(*points, strict=True)) for name, points in self._points.items())
