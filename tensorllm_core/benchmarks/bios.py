"""Bios Profession: the profession of a person from a short biography.

Protocol as LASER and TensorLLM use it: the split `dev`, its field `hard_text` (the biography without the sentence that
names the profession); only the eight professions that are one token for every model of the papers (19,223 of 39,642
biographies); the answer is the likeliest of the eight.
"""

from __future__ import annotations

from collections.abc import Iterable

from tensorllm_core.benchmarks.benchmark import Question, Row
from tensorllm_core.benchmarks.hub import HubData
from tensorllm_core.benchmarks.hub_benchmark import HubBenchmark
from tensorllm_core.benchmarks.prompt_text import end_sentence

__all__ = ["BIOS", "PROFESSIONS", "bios_questions"]

PROFESSIONS = ("journalist", "poet", "composer", "model", "teacher", "architect", "painter", "professor")

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


def bios_questions(dev: Iterable[Row]) -> tuple[Question, ...]:
    """Rows of the data set as questions, other professions left out.

    >>> bios_questions([{"hard_text": "She rhymes.", "profession": 20}])[0].answer
    'poet'
    """
    return tuple(
        Question(f"dev {number}", "", end_sentence(row["hard_text"]), _NUMBERS[row["profession"]], PROFESSIONS)
        for number, row in enumerate(dev)
        if row["profession"] in _NUMBERS
    )


BIOS = HubBenchmark(
    name="bios",
    title="Bios Profession",
    words="A person's profession from a biography.",
    data=HubData("LabHC/bias_in_bios", "default", ("dev",), {"hard_text": str, "profession": int}),
    make_questions=bios_questions,
    template="Here is a text: {question} What is the profession of the person in it? The profession of this person is",
    example_rows={
        "dev": (
            {"hard_text": "She rhymes, and her second book has won a prize.", "profession": 20},
            {"hard_text": "He has drawn the plans of two bridges and a school", "profession": 1},
            {"hard_text": "He cleans teeth in the morning and fills them in the afternoon.", "profession": 6},
            {"hard_text": "Her string quartets are played in many halls.", "profession": 5},
            {"hard_text": "She writes about the town council for the evening paper.", "profession": 11},
            {"hard_text": "His pupils learn to read in the first year.", "profession": 26},
            {"hard_text": "Her portraits hang in the town hall.", "profession": 14},
        )
    },
)
