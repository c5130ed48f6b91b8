"""BigBench-WikidataQA: a statement about the world to complete.

Protocol as LASER and TensorLLM use it: the task `qa_wikidata`, validation then train; items with exactly one target
(20,321); right when the gold answer stands in 10 generated tokens.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from tensorllm_core.benchmarks.benchmark import Answering, Question, Row
from tensorllm_core.benchmarks.hub import HubData
from tensorllm_core.benchmarks.hub_benchmark import HubBenchmark

__all__ = ["WIKIDATAQA", "wikidataqa_questions"]


def wikidataqa_questions(*splits: Iterable[Row]) -> tuple[Question, ...]:
    """Rows of the data set as questions; those with several targets, or an empty one, left out.

    >>> wikidataqa_questions([{"inputs": "The capital of France is", "targets": ["Paris"]}])[0].answer
    'Paris'
    """
    return tuple(
        Question(f"qa_wikidata {number}", "", row["inputs"].strip(), row["targets"][0].strip())
        for number, row in enumerate(chain(*splits))
        if len(row["targets"]) == 1 and row["targets"][0].strip()
    )


WIKIDATAQA = HubBenchmark(
    name="wikidataqa",
    title="BigBench-WikidataQA",
    words="A statement about the world to complete.",
    data=HubData("tasksource/bigbench", "qa_wikidata", ("validation", "train"), {"inputs": str, "targets": list[str]}),
    make_questions=wikidataqa_questions,
    answering=Answering.GENERATION,
    max_new_tokens=10,
    example_rows={
        "validation": (
            {"inputs": "The capital of France is ", "targets": ["Paris"]},
            {"inputs": "The child of Ann is", "targets": ["Ed", "Eve"]},
            {"inputs": "The native language of Ann is", "targets": ["Norwegian"]},
        ),
        "train": (
            {"inputs": "The author of Faust is", "targets": ["Goethe"]},
            {"inputs": "The mouth of the Rhine is", "targets": [" "]},
            {"inputs": "The country of Oslo is", "targets": ["Norway"]},
            {"inputs": "The country of Bergen is", "targets": ["Norway"]},
            {"inputs": "The colour of snow is", "targets": ["white"]},
        ),
    },
)
