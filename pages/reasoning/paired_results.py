"""Two subjects of a run on the same questions, by benchmark and over all of them."""

from __future__ import annotations

from pages.shared.reasoning import Reasoning
from tensorllm_core.experiments.paired import Paired, paired

__all__ = ["compare"]


def compare(result: Reasoning, before: str, after: str) -> Paired:
    """What came of going from one subject to the other, on the questions that both have answered."""
    answers = result.evaluation.answers
    return paired(answers[before], answers[after])
