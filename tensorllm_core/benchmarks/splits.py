"""Which questions of one list are for choosing and which for reporting."""

from __future__ import annotations

from tensorllm_core.benchmarks.benchmark import Question, Split
from tensorllm_core.errors import BenchmarkError

__all__ = ["part"]

_ONE_IN = 5


def part(questions: tuple[Question, ...], split: Split) -> tuple[Question, ...]:
    """Validation is the first 20 % (at least one question of two or more), test the rest.

    Source: the released programs of LASER and TensorLLM choose on the first 20 % and report on the other 80 %.

    Raises:
        BenchmarkError: the split has no question, or all questions have the same choices and the same answer.

    >>> ten = tuple(Question(str(n), "", "Is it?", "yes") for n in range(10))
    >>> [question.id for question in part(ten, Split.VALIDATION)]
    ['0', '1']
    """
    count = max(len(questions) // _ONE_IN, min(1, len(questions) - 1), 0)
    parts = {Split.VALIDATION: questions[:count], Split.TEST: questions[count:], Split.ALL: questions}
    if not parts[split]:
        raise BenchmarkError(
            f"Expected questions for the split `{split}`, got none as there are {len(questions)} in all; choose "
            "another split or give more questions."
        )
    _require_classes(questions)
    return parts[split]


def _require_classes(questions: tuple[Question, ...]) -> None:
    """Where one answer is always right, a model that gives it without reading scores full marks."""
    kinds = {(question.choices, question.answer) for question in questions}
    if len(questions) > 1 and len(kinds) == 1 and questions[0].choices:
        raise BenchmarkError(
            f"Expected questions with two or more different answers, got {len(questions):,} that are all answered "
            f"`{questions[0].answer[:60]}`; add questions with other answers."
        )
