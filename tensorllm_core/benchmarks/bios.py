"""Bios Profession as LASER and TensorLLM use it: the profession of the person in a short biography."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from tensorllm_core.benchmarks.benchmark import Answering, Benchmark, Question, QuestionSet, Split
from tensorllm_core.benchmarks.hub import Row, load_rows, question_set

__all__ = ["BIOS", "bios", "bios_questions"]

_PROFESSIONS = {
    1: "architect",
    5: "composer",
    11: "journalist",
    12: "model",
    14: "painter",
    20: "poet",
    21: "professor",
    26: "teacher",
}
"""Those of the data set's 28 numbered professions that are one token in the papers' models."""
_CHOICES = ("journalist", "poet", "composer", "model", "teacher", "architect", "painter", "professor")


def bios(split: Split, folder: Path | None = None) -> QuestionSet:
    """The data set's `dev` (PAPER's protocol).

    Raises:
        BenchmarkError: the data set cannot be had.
    """
    (rows,) = load_rows("bios", "LabHC/bias_in_bios", None, ("dev",), folder)
    return question_set(
        "bios",
        split,
        bios_questions(rows),
        template="Consider this text: {question} What is the profession of the person in this text? The profession is",
        answering=Answering.CHOICE,
    )


def bios_questions(rows: Iterable[Row]) -> Iterator[Question]:
    """Biographies of the eight professions.

    >>> [found.answer for found in bios_questions([{"hard_text": "She writes.", "profession": 20}])]
    ['poet']
    """
    for number, row in enumerate(rows):
        profession = row["profession"]
        answer = _PROFESSIONS.get(profession) if isinstance(profession, int) else None
        text = str(row["hard_text"]).strip()
        if answer and text:
            yield Question(str(number), "", text, answer, _CHOICES)


BIOS = Benchmark("bios", "Bios Profession", "Biography to profession.", "LabHC/bias_in_bios (dev)", bios)
