"""The papers' rule: validation is the first 20 % of the questions, test is the rest."""

from __future__ import annotations

from tensorllm_core.benchmarks.benchmark import Question, Split

__all__ = ["first_fifth"]

_VALIDATION_SHARE = 0.2


def first_fifth(questions: tuple[Question, ...], split: Split) -> tuple[Question, ...]:
    """The questions of a split; of two or more, each split has at least one.

    >>> rows = tuple(Question(str(number), "", "?", "a") for number in range(10))
    >>> [len(first_fifth(rows, split)) for split in Split]
    [2, 8, 10]
    """
    count = max(1, int(_VALIDATION_SHARE * len(questions))) if len(questions) > 1 else 0
    return {Split.VALIDATION: questions[:count], Split.TEST: questions[count:], Split.ALL: questions}[split]
