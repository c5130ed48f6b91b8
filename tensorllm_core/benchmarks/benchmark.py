"""What a benchmark is: questions, how they are put to a model, and how its answers are scored."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from tensorllm_core.errors import BenchmarkError

__all__ = ["Answering", "Benchmark", "Question", "QuestionSet", "Split", "check_template"]

_PLACE = "{question}"
_LONGEST_TEMPLATE = 4000


class Split(StrEnum):
    """Validation is for choosing, test for reporting; `all` is both."""

    VALIDATION = "validation"
    TEST = "test"
    ALL = "all"

    @classmethod
    def parse(cls, text: str) -> Split:
        """The split of that name.

        Raises:
            BenchmarkError: it is none of the three.

        >>> Split.parse("test")
        <Split.TEST: 'test'>
        """
        try:
            return cls(text)
        except ValueError:
            names = ", ".join(f"`{split.value}`" for split in cls)
            raise BenchmarkError(f"Expected a split of {names}, got `{text}`; choose one of them.") from None


class Answering(StrEnum):
    """How an answer is taken from a model and scored.

    `choice`: the choice with the greatest log-probability after the prompt, summed over its tokens.
    `generation`: greedy continuation; right when it contains the gold answer, case folded.
    """

    CHOICE = "choice"
    GENERATION = "generation"


@dataclass(frozen=True)
class Question:
    """One question, its gold answer, and the choices to answer from (none where the answer is generated)."""

    id: str
    topic: str
    text: str
    answer: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class QuestionSet:
    """The questions of one split of one benchmark, ready to be asked.

    `template` holds `{question}` where a question's text goes; the prompt ends right before the answer, which is
    joined to it by a space. `max_new_tokens` counts for generation only.
    """

    benchmark: str
    split: Split
    questions: tuple[Question, ...]
    answering: Answering = Answering.CHOICE
    template: str = _PLACE
    max_new_tokens: int = 0

    def prompt(self, question: Question) -> str:
        """What the model reads before it answers.

        >>> QuestionSet("b", Split.TEST, (), template="{question} It is").prompt(Question("1", "", "Sky.", "blue"))
        'Sky. It is'
        """
        return self.template.replace(_PLACE, question.text).rstrip()

    def with_template(self, template: str) -> QuestionSet:
        """The same questions in another wording.

        Raises:
            BenchmarkError: as `check_template`.
        """
        return replace(self, template=check_template(template))

    @property
    def key(self) -> str:
        """Text that differs whenever anything that decides a model's answers differs, the questions' order apart."""
        digest = hashlib.sha256(f"{self.answering} {self.template!r} {self.max_new_tokens}".encode())
        for question in sorted(self.questions, key=lambda question: question.id):
            digest.update(repr(question).encode())
        return f"{self.benchmark} {self.split} {digest.hexdigest()[:16]}"


@dataclass(frozen=True)
class Benchmark:
    """One registered benchmark: a declarative description and where its questions come from.

    `load` gives the questions of one split; it raises BenchmarkError where they cannot be had.
    """

    name: str
    title: str
    words: str
    source: str
    load: Callable[[Split], QuestionSet]


def check_template(template: str) -> str:
    """The template, if a question can be put into it.

    Raises:
        BenchmarkError: `{question}` does not stand in it exactly once, or it is too long.

    >>> check_template("Q: {question} A:")
    'Q: {question} A:'
    """
    if template.count(_PLACE) != 1 or len(template) > _LONGEST_TEMPLATE:
        raise BenchmarkError(
            f"Expected a prompt template with `{_PLACE}` once and at most {_LONGEST_TEMPLATE:,} characters, got "
            f"`{template[:80]}`; put `{_PLACE}` where the question goes."
        )
    return template
