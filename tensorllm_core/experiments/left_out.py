"""Sentences on the questions of a set that a model cannot be asked: notices while some are left, else an error."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tensorllm_core.benchmarks.benchmark import Question, QuestionSet

__all__ = ["LeftOut"]

_MOST_NAMED = 10
"""Questions that get a sentence each; the others are counted."""
_ROW = re.compile(r"row \d+")
"""What a question is called whose file gives it no name of its own."""


@dataclass(frozen=True)
class LeftOut:
    """The questions of a set that a model cannot be asked.

    `problems` says, for questions by their number in the set, what was expected of their tokens and what came;
    `too_long` counts others, which are longer than the `longest` tokens that the model reads,
    together with the `new_tokens` that it writes after them.
    """

    question_set: QuestionSet
    model: str
    problems: Mapping[int, str]
    too_long: int
    longest: int
    new_tokens: int

    def notices(self) -> tuple[str, ...]:
        """A sentence for each question with a problem, and one for all that are too long."""
        benchmark = self.question_set.benchmark
        sentences = [
            f"{_title(self._question(number))} of `{benchmark}`: {problem}; it is left out."
            for number, problem in list(self.problems.items())[:_MOST_NAMED]
        ]
        if len(self.problems) > _MOST_NAMED:
            more = len(self.problems) - _MOST_NAMED
            sentences.append(
                f"And {more:,} more of `{benchmark}` are left out for tokens that the model does not know."
            )
        if self.too_long:
            sentences.append(
                f"{self.too_long} of {len(self.question_set.questions)} questions of `{benchmark}`{self._with_answer} "
                f"are longer than the {self.longest} tokens that the model reads and are left out."
            )
        return tuple(sentences)

    def refusal(self) -> str:
        """Why none can be asked."""
        benchmark = self.question_set.benchmark
        for number, problem in self.problems.items():
            return (
                f"{problem} in {_name(self._question(number))} of `{benchmark}`, and no question is left; choose "
                "another benchmark or another model."
            )
        advice = "fewer new tokens, shorter questions" if self.new_tokens else "shorter questions"
        return (
            f"Expected questions of at most {self.longest} tokens{self._with_answer} for `{self.model}`, got "
            f"{self.too_long} longer ones of `{benchmark}`; choose {advice} or another model."
        )

    @property
    def _with_answer(self) -> str:
        return f" with the {self.new_tokens:,} of an answer" if self.new_tokens else ""

    def _question(self, number: int) -> Question:
        return self.question_set.questions[number]


def _name(question: Question) -> str:
    return question.id if _ROW.match(question.id) else f"question `{question.id}`"


def _title(question: Question) -> str:
    name = _name(question)
    return name[0].upper() + name[1:]
