"""FEVER: is a claim true or false?

Protocol as LASER and TensorLLM use it: of `v1.0`, `paper_dev` then `paper_test`; each claim once, claims with
conflicting labels dropped (13,086 stay); " true" against " false" after the prompt.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from tensorllm_core.benchmarks.benchmark import Benchmark, Question, QuestionSet, Split
from tensorllm_core.benchmarks.hub import HubData, Row, hub_rows
from tensorllm_core.benchmarks.splits import part

__all__ = ["FEVER", "fever_questions", "load_fever"]

_DATA = HubData(
    "EleutherAI/fever",
    "v1.0",
    ("paper_dev", "paper_test"),
    {"id": int | str, "label": str | int, "claim": str},
    fields=("question", "answer", "choices"),
)
_CHOICES = ("true", "false")
# Copies of the data set write the label as a word or as a number; a claim without enough information has neither.
_ANSWERS = {"SUPPORTS": "true", "REFUTES": "false", "1": "true", "0": "false"}
_TEMPLATE = "Here is a claim: {question} Is this claim true or false? The claim is"


def load_fever(split: Split, folder: Path | None = None) -> QuestionSet:
    """The questions of one split; from local files `paper_dev` and `paper_test` if a folder is given.

    Raises:
        BenchmarkError: as `hub_rows`, or no question is left.
    """
    questions = fever_questions(chain(*hub_rows(_DATA, folder)))
    return QuestionSet("fever", split, part(questions, split), template=_TEMPLATE)


def fever_questions(rows: Iterable[Row]) -> tuple[Question, ...]:
    """Rows of the data set (one for each piece of evidence) as questions, one for each claim of one label.

    >>> fever_questions([{"id": 7, "claim": "Rome is old", "label": "SUPPORTS"}])
    (Question(id='7', topic='', text='Rome is old.', answer='true', choices=('true', 'false')),)
    """
    found: dict[str, Question | None] = {}
    for row in rows:
        answer = _ANSWERS.get(str(row["label"]))
        if answer is None:
            continue
        claim = row["claim"].strip()
        question = Question(str(row["id"]), "", _ended(claim), answer, _CHOICES)
        earlier = found.setdefault(claim, question)
        if earlier is None or earlier.answer != answer:
            found[claim] = None
    return tuple(question for question in found.values() if question is not None)


def _ended(claim: str) -> str:
    return claim if claim.endswith((".", "?")) else f"{claim}."


FEVER = Benchmark("fever", "FEVER", "Is a claim true or false?", _DATA.repository, load_fever)
