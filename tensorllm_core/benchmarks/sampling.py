"""A fixed shuffle: a stopped run is an unbiased sample of the questions, and fewer are a part of more."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from tensorllm_core.benchmarks.benchmark import QuestionSet
from tensorllm_core.errors import BenchmarkError

__all__ = ["check_limit", "shuffled"]


def shuffled(questions: QuestionSet, limit: int | None = None, seed: int = 0) -> QuestionSet:
    """The questions in an order that the seed and their ids decide alone; only the first `limit`, if one is given.

    Raises:
        BenchmarkError: as `check_limit`.
    """
    check_limit(limit)

    def place(identifier: str) -> bytes:
        return hashlib.sha256(f"{seed} {identifier}".encode()).digest()

    ordered = sorted(questions.questions, key=lambda question: place(question.id))
    return replace(questions, questions=tuple(ordered[:limit]))


def check_limit(limit: int | None) -> None:
    """Refuse a number of questions that leaves none.

    Raises:
        BenchmarkError: a limit below 1.

    >>> check_limit(100)
    """
    if limit is not None and limit < 1:
        raise BenchmarkError(f"Expected a limit of at least 1 question, got {limit}; give one such as 100.")
