"""Two subjects of a run on the same questions, by benchmark and over all of them."""

from __future__ import annotations

from dataclasses import dataclass

from pages.shared.reasoning import Reasoning
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

__all__ = ["Compared", "compare"]


@dataclass(frozen=True)
class Compared:
    """Accuracy and loss of one subject against another."""

    by_benchmark: dict[str, tuple[PairedAccuracy, PairedLoss]]
    accuracy: MacroAccuracy
    loss: MacroLoss


def compare(result: Reasoning, before: str, after: str) -> Compared:
    """What came of going from one subject to the other, on the questions that both have answered."""
    answers = result.evaluation.answers
    found = {
        name: (
            paired_accuracy(answers[before][name].right, answers[after][name].right),
            paired_loss(answers[before][name].loss, answers[after][name].loss),
        )
        for name in answers[before]
        if name in answers[after]
    }
    return Compared(
        found,
        macro([accuracy for accuracy, _ in found.values()]),
        macro_loss([loss for _, loss in found.values()]),
    )
