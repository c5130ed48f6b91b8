"""BigBench-WikidataQA: a statement about the world to complete.

Protocol as LASER and TensorLLM use it: the task `qa_wikidata`, validation then train; items with exactly one target
(20,321); right when the gold answer stands in 10 generated tokens.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from tensorllm_core.benchmarks.benchmark import Answering, Benchmark, Question, QuestionSet, Split
from tensorllm_core.benchmarks.hub import HubData, Row, hub_rows
from tensorllm_core.benchmarks.splits import part

__all__ = ["WIKIDATAQA", "load_wikidataqa", "wikidataqa_questions"]

_DATA = HubData("tasksource/bigbench", "qa_wikidata", ("validation", "train"), {"inputs": str, "targets": list})
_NEW_TOKENS = 10


def load_wikidataqa(split: Split, folder: Path | None = None) -> QuestionSet:
    """The questions of one split; from local files `validation` and `train` if a folder is given.

    Raises:
        BenchmarkError: as `hub_rows`, or no question is left.
    """
    questions = wikidataqa_questions(chain(*hub_rows(_DATA, folder)))
    return QuestionSet("wikidataqa", split, part(questions, split), Answering.GENERATION, max_new_tokens=_NEW_TOKENS)


def wikidataqa_questions(rows: Iterable[Row]) -> tuple[Question, ...]:
    """Rows of the data set as questions; those with several targets, or an empty one, left out.

    >>> wikidataqa_questions([{"inputs": "The capital of France is", "targets": ["Paris"]}])[0].answer
    'Paris'
    """
    return tuple(
        Question(f"qa_wikidata {number}", "", row["inputs"].strip(), row["targets"][0].strip())
        for number, row in enumerate(rows)
        if len(row["targets"]) == 1 and (row["targets"][0] or "").strip()
    )


WIKIDATAQA = Benchmark(
    "wikidataqa", "BigBench-WikidataQA", "A statement about the world to complete.", _DATA.repository, load_wikidataqa
)
