"""The answers of two models to the same questions, by benchmark and over all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tensorllm_core.experiments.answers import Answers
from tensorllm_core.experiments.statistics import (
    MacroAccuracy,
    MacroLoss,
    PairedAccuracy,
    PairedLoss,
    macro,
    macro_loss,
    paired_accuracy,
    paired_loss,
)

__all__ = ["Paired", "difference_json", "paired"]


@dataclass(frozen=True)
class Paired:
    """Accuracy and loss of one model against another, on each benchmark and in the mean over all of them."""

    by_benchmark: Mapping[str, tuple[PairedAccuracy, PairedLoss]]
    accuracy: MacroAccuracy
    loss: MacroLoss


def paired(before: Mapping[str, Answers], after: Mapping[str, Answers]) -> Paired:
    """The difference from the first model to the second, on the benchmarks that both have answered.

    Raises:
        RequestError: there is no such benchmark.
    """
    by_benchmark = {
        name: (
            paired_accuracy(before[name].right, after[name].right),
            paired_loss(before[name].loss, after[name].loss),
        )
        for name in before
        if name in after
    }
    return Paired(
        by_benchmark,
        macro([accuracy for accuracy, _ in by_benchmark.values()]),
        macro_loss([loss for _, loss in by_benchmark.values()]),
    )


def difference_json(accuracy: PairedAccuracy, loss: PairedLoss) -> dict[str, Any]:
    """The difference of two models as an object of JSON's types: shares of 1, and nats."""
    return {
        "accuracy": accuracy.delta,
        "ci95": [accuracy.interval.low, accuracy.interval.high],
        "loss": loss.delta,
        "mcnemar_p": accuracy.p,
        "fixed": accuracy.fixed,
        "broken": accuracy.broken,
    }
