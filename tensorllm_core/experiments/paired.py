"""The answers of two models to the same questions, by benchmark and over all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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

__all__ = ["Paired", "paired"]


@dataclass(frozen=True)
class Paired:
    """Accuracy and loss of one model against another."""

    by_benchmark: Mapping[str, tuple[PairedAccuracy, PairedLoss]]
    accuracy: MacroAccuracy
    loss: MacroLoss


def paired(before: Mapping[str, Answers], after: Mapping[str, Answers]) -> Paired:
    """What came of going from one model to the other, on the benchmarks that both have answered.

    Raises:
        RequestError: there is none.
    """
    found = {
        name: (
            paired_accuracy(before[name].right, after[name].right),
            paired_loss(before[name].loss, after[name].loss),
        )
        for name in before
        if name in after
    }
    return Paired(
        found,
        macro([accuracy for accuracy, _ in found.values()]),
        macro_loss([loss for _, loss in found.values()]),
    )
