"""Bios Profession: the profession of a person from a short biography.

Protocol as LASER and TensorLLM use it: the split `dev`, its field `hard_text` (the biography without the sentence that
names the profession); only the eight professions that are one token for every model of the papers (19,223 of 39,642
biographies); the answer is the likeliest of the eight.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tensorllm_core.benchmarks.benchmark import Benchmark, Question, QuestionSet, Split
from tensorllm_core.benchmarks.hub import HubData, Row, hub_rows
from tensorllm_core.benchmarks.splits import part

__all__ = ["BIOS", "PROFESSIONS", "bios_questions", "load_bios"]

PROFESSIONS = ("journalist", "poet", "composer", "model", "teacher", "architect", "painter", "professor")

_DATA = HubData(
    "LabHC/bias_in_bios",
    "default",
    ("dev",),
    {"hard_text": str, "profession": int},
    fields=("question", "answer", "choices"),
)
_NUMBERS = {
    1: "architect",
    5: "composer",
    11: "journalist",
    12: "model",
    14: "painter",
    20: "poet",
    21: "professor",
    26: "teacher",
}
"""How the data set numbers the eight among its 28 professions."""

_TEMPLATE = "Here is a text: {question} What is the profession of the person in it? The profession of this person is"


def load_bios(split: Split, folder: Path | None = None) -> QuestionSet:
    """The questions of one split; from a local file `dev` if a folder is given.

    Raises:
        BenchmarkError: as `hub_rows`, or no question is left.
    """
    (rows,) = hub_rows(_DATA, folder)
    return QuestionSet("bios", split, part(bios_questions(rows), split), template=_TEMPLATE)


def bios_questions(rows: Iterable[Row]) -> tuple[Question, ...]:
    """Rows of the data set as questions, other professions left out.

    >>> bios_questions([{"hard_text": "She rhymes.", "profession": 20}])[0].answer
    'poet'
    """
    return tuple(
        Question(f"dev {number}", "", _ended(row["hard_text"].strip()), _NUMBERS[row["profession"]], PROFESSIONS)
        for number, row in enumerate(rows)
        if row["profession"] in _NUMBERS
    )


def _ended(text: str) -> str:
    return text if text.endswith((".", "?")) else f"{text}."


BIOS = Benchmark("bios", "Bios Profession", "A person's profession from a biography.", _DATA.repository, load_bios)
