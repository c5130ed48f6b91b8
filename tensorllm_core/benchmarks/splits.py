"""Which questions of one list are for choosing and which for reporting."""

from __future__ import annotations

from tensorllm_core.benchmarks.benchmark import Question, Split

__all__ = ["part"]

_ONE_IN = 5


def part(questions: tuple[Question, ...], split: Split) -> tuple[Question, ...]:
    """Validation is the first 20 % (at least one question of two or more), test the rest.

    Source: the released programs of LASER and TensorLLM choose on the first 20 % and report on the other 80 %.

    >>> ten = tuple(Question(str(n), "", "Is it?", "yes") for n in range(10))
    >>> [question.id for question in part(ten, Split.VALIDATION)]
    ['0', '1']
    """
    count = max(len(questions) // _ONE_IN, min(1, len(questions) - 1), 0)
    match split:
        case Split.VALIDATION:
            return questions[:count]
        case Split.TEST:
            return questions[count:]
        case Split.ALL:
            return questions
