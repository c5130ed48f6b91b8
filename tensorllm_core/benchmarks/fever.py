"""FEVER as LASER and TensorLLM use it: is a claim true or false?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from tensorllm_core.benchmarks.benchmark import Answering, Benchmark, Question, QuestionSet, Split
from tensorllm_core.benchmarks.hub import Row, load_rows, question_set

__all__ = ["FEVER", "fever", "fever_questions"]

_TRUTH = {"SUPPORTS": "true", "REFUTES": "false"}


def fever(split: Split, folder: Path | None = None) -> QuestionSet:
    """`paper_dev`, then `paper_test` (PAPER's protocol).

    Raises:
        BenchmarkError: the data set cannot be had.
    """
    parts = load_rows("fever", "EleutherAI/fever", "v1.0", ("paper_dev", "paper_test"), folder)
    return question_set(
        "fever",
        split,
        fever_questions([row for part in parts for row in part]),
        template="Consider this claim: {question} Is the claim true or false? The claim is",
        answering=Answering.CHOICE,
    )


def fever_questions(rows: Iterable[Row]) -> Iterator[Question]:
    """Each claim that is supported or refuted once; claims with conflicting labels are dropped.

    >>> rows = [{"claim": "A.", "label": "SUPPORTS"}, {"claim": "B.", "label": "REFUTES"},
    ...         {"claim": "B.", "label": "SUPPORTS"}, {"claim": "C.", "label": "NOT ENOUGH INFO"}]
    >>> [(found.text, found.answer) for found in fever_questions(rows)]
    [('A.', 'true')]
    """
    labels: dict[str, set[str]] = {}
    for row in rows:
        truth = _TRUTH.get(str(row["label"]))
        if truth is not None:
            labels.setdefault(str(row["claim"]).strip(), set()).add(truth)
    for number, (claim, truths) in enumerate(labels.items()):
        if claim and len(truths) == 1:
            yield Question(str(number), "", claim, next(iter(truths)), ("true", "false"))


FEVER = Benchmark("fever", "FEVER", "True or false claims.", "EleutherAI/fever (v1.0)", fever)
