"""What a benchmark is: questions, how they are put to a model, and how its answers are scored."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from tensorllm_core.errors import BenchmarkError

__all__ = ["NO_TEXT", "Answering", "Benchmark", "Question", "QuestionSet", "Row", "Split", "check_template"]

Row = dict[str, Any]
"""One row of a data set: its values by the names of the columns."""

NO_TEXT = re.compile(r"[\0\ud800-\udfff]")
"""Null bytes and halves of characters: JSON, a command line and a chat template can hold them, but no encoding can
write them, and no tokenizer reads them."""

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
            raise BenchmarkError(
                f"Expected the split to be one of {names}, got `{text}`; choose one of them."
            ) from None


class Answering(StrEnum):
    """How a model answers, and when its answer is right.

    `choice`: the model's answer is the choice with the greatest log-probability after the prompt, summed over its
    tokens; it is right when it is the gold answer.
    `generation`: the model continues the prompt greedily; right when the continuation contains the gold answer, in
    upper or lower case.
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
    """The questions of one split of one benchmark, and how a model is asked them.

    `template` holds `{question}` where a question's text goes. The prompt ends right before the answer; a space joins
    the two. `max_new_tokens` counts for generation only. With `chat`, the prompt is put into the chat template of the
    model's tokenizer. `notices` say what of their source is left out.
    """

    benchmark: str
    split: Split
    questions: tuple[Question, ...]
    answering: Answering = Answering.CHOICE
    template: str = _PLACE
    max_new_tokens: int = 0
    chat: bool = False
    notices: tuple[str, ...] = ()

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
        """Differs whenever something that decides a model's answers differs; the questions' order does not count."""
        digest = hashlib.sha256(f"{self.answering} {self.template!r} {self.max_new_tokens} {self.chat}".encode())
        for question in sorted(self.questions, key=lambda question: question.id):
            digest.update(repr(question).encode())
        return f"{self.benchmark} {self.split} {digest.hexdigest()[:16]}"


@runtime_checkable
class Benchmark(Protocol):
    """One registered benchmark: what it is called, where its questions come from, and small files to try it on."""

    @property
    def name(self) -> str:
        """The name that commands and links take."""

    @property
    def title(self) -> str:
        """The name that people read."""

    @property
    def words(self) -> str:
        """What it asks, in one sentence."""

    def load(self, split: Split, folder: Path | None = None) -> QuestionSet:
        """The questions of one split, from the files of a folder if one is given.

        Raises:
            BenchmarkError: the questions cannot be had.
        """

    def example_files(self) -> dict[str, list[Row]]:
        """Small files that `load` can read from a folder: the rows, one JSON object a line, by the file's path there.

        tests/benchmarks/test_every_benchmark.py writes them and tries the benchmark on them.
        """


def check_template(template: str) -> str:
    """The template, if a question can be put into it.

    Raises:
        BenchmarkError: `{question}` does not stand in it exactly once, it is too long, or it is no text.

    >>> check_template("Q: {question} A:")
    'Q: {question} A:'
    """
    if NO_TEXT.search(template):
        raise BenchmarkError(
            "Expected a prompt template as text, got a null byte or an incomplete character; write it in UTF-8."
        )
    if template.count(_PLACE) != 1:
        raise BenchmarkError(
            f"Expected a prompt template with `{_PLACE}` in it once, got `{template[:80]}`; put `{_PLACE}` where the "
            "question goes."
        )
    if len(template) > _LONGEST_TEMPLATE:
        raise BenchmarkError(
            f"Expected a prompt template of at most {_LONGEST_TEMPLATE:,} characters, got {len(template):,}; shorten "
            "it."
        )
    return template
