"""FEVER: is a claim true or false?

Protocol as LASER and TensorLLM use it: of `v1.0`, `paper_dev` then `paper_test`; each claim once, claims with
conflicting labels dropped (13,086 stay); " true" against " false" after the prompt.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from tensorllm_core.benchmarks.benchmark import Question, Row
from tensorllm_core.benchmarks.hub import HubData
from tensorllm_core.benchmarks.hub_benchmark import HubBenchmark
from tensorllm_core.benchmarks.prompt_text import end_sentence

__all__ = ["FEVER", "fever_questions"]

_CHOICES = ("true", "false")
# Copies of the data set write the label as a word or as a number; a claim without enough information has neither.
_ANSWERS = {"SUPPORTS": "true", "REFUTES": "false", "1": "true", "0": "false"}


def fever_questions(*splits: Iterable[Row]) -> tuple[Question, ...]:
    """Rows of the data set (one for each piece of evidence) as questions, one for each claim of one label.

    >>> fever_questions([{"id": 7, "claim": "Rome is old", "label": "SUPPORTS"}])
    (Question(id='7', topic='', text='Rome is old.', answer='true', choices=('true', 'false')),)
    """
    by_claim: dict[str, Question | None] = {}
    for row in chain(*splits):
        answer = _ANSWERS.get(str(row["label"]))
        if answer is None:
            continue
        claim = row["claim"].strip()
        question = Question(str(row["id"]), "", end_sentence(claim), answer, _CHOICES)
        earlier = by_claim.setdefault(claim, question)
        # None marks a claim that another row contradicts.
        if earlier is None or earlier.answer != answer:
            by_claim[claim] = None
    return tuple(question for question in by_claim.values() if question is not None)


FEVER = HubBenchmark(
    name="fever",
    title="FEVER",
    words="Is a claim true or false?",
    data=HubData(
        "EleutherAI/fever", "v1.0", ("paper_dev", "paper_test"), {"id": int | str, "label": str | int, "claim": str}
    ),
    make_questions=fever_questions,
    template="Here is a claim: {question} Is this claim true or false? The claim is",
    example_rows={
        "paper_dev": (
            {"id": 1, "label": "SUPPORTS", "claim": "Rome is older than Berlin."},
            {"id": 2, "label": "REFUTES", "claim": "Oslo is a lake"},
            {"id": 2, "label": "REFUTES", "claim": "Oslo is a lake"},
            {"id": 3, "label": "NOT ENOUGH INFO", "claim": "Ada liked tea."},
            {"id": 4, "label": "SUPPORTS", "claim": "The Nile is in Africa."},
            {"id": 5, "label": "SUPPORTS", "claim": "Iron is heavy."},
        ),
        "paper_test": (
            {"id": 6, "label": "REFUTES", "claim": "Iron is heavy."},
            {"id": 7, "label": "REFUTES", "claim": "Bees are birds."},
            {"id": 8, "label": "SUPPORTS", "claim": "Snow is frozen water."},
        ),
    },
)
