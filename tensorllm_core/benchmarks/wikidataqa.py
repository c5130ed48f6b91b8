"""BigBench-WikidataQA as LASER and TensorLLM use it: complete a statement freely, in at most 10 tokens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from tensorllm_core.benchmarks.benchmark import Answering, Benchmark, Question, QuestionSet, Split
from tensorllm_core.benchmarks.hub import Row, load_rows, question_set

__all__ = ["WIKIDATAQA", "wikidataqa", "wikidataqa_questions"]


def wikidataqa(split: Split, folder: Path | None = None) -> QuestionSet:
    """`validation`, then `train` (PAPER's protocol).

    Raises:
        BenchmarkError: the data set cannot be had.
    """
    parts = load_rows("wikidataqa", "tasksource/bigbench", "qa_wikidata", ("validation", "train"), folder)
    return question_set(
        "wikidataqa",
        split,
        wikidataqa_questions([row for part in parts for row in part]),
        template="{question}",
        answering=Answering.GENERATION,
        max_new_tokens=10,
    )


def wikidataqa_questions(rows: Iterable[Row]) -> Iterator[Question]:
    """Statements with exactly one right completion.

    >>> rows = [{"inputs": "Rome is the capital of", "targets": ["Italy"]}, {"inputs": "x", "targets": ["a", "b"]}]
    >>> [found.answer for found in wikidataqa_questions(rows)]
    ['Italy']
    """
    for number, row in enumerate(rows):
        targets = row["targets"]
        text = str(row["inputs"]).strip()
        if isinstance(targets, list) and len(targets) == 1 and str(targets[0]).strip() and text:
            yield Question(str(number), "", text, str(targets[0]).strip())


WIKIDATAQA = Benchmark(
    "wikidataqa", "BigBench-WikidataQA", "Statements to complete.", "tasksource/bigbench (qa_wikidata)", wikidataqa
)
