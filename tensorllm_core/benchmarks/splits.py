"""Which questions of one list are for choosing and which for reporting."""

from __future__ import annotations

from tensorllm_core.benchmarks.benchmark import Question, Split
from tensorllm_core.errors import BenchmarkError

__all__ = ["take_split"]

_ONE_IN = 5


def take_split(questions: tuple[Question, ...], split: Split) -> tuple[Question, ...]:
    """Validation is the first 20% (at least one question of two or more), test the rest.

    Source: the released programs of LASER and TensorLLM choose on the first 20% and report on the other 80%.

    Raises:
        BenchmarkError: the split has no question, or all questions have the same choices and the same answer.

    >>> ten = tuple(Question(str(n), "", "Is it?", "yes") for n in range(10))
    >>> [question.id for question in take_split(ten, Split.VALIDATION)]
    ['0', '1']
    """
    if not questions:
        raise BenchmarkError(
            "Expected at least one question, got none, as no row is usable; check the values in the rows' columns."
        )
    count = max(len(questions) // _ONE_IN, min(1, len(questions) - 1))
    if split is Split.VALIDATION and count == 0:
        raise BenchmarkError(
            f"Expected two questions or more for the split `{split}`, got 1 in all; give more questions or choose the "
            f"split `{Split.TEST}`."
        )
    _require_different_answers(questions)
    return {Split.VALIDATION: questions[:count], Split.TEST: questions[count:], Split.ALL: questions}[split]


def _require_different_answers(questions: tuple[Question, ...]) -> None:
    """Where one answer is always right, a model that gives it without reading scores full marks."""
    answers = {(question.choices, question.answer) for question in questions}
    if len(questions) > 1 and len(answers) == 1 and questions[0].choices:
        raise BenchmarkError(
            f"Expected questions with two or more different answers, got {len(questions):,} that are all answered "
            f"`{questions[0].answer[:60]}`; add questions with other answers."
        )
