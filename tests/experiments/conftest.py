"""Models and questions that the tests of the experiments share."""

from __future__ import annotations

import json

import pytest

from tensorllm_core.benchmarks.benchmark import Question, QuestionSet, Split
from tensorllm_core.models.bundled_models import bundled_folder
from tensorllm_core.models.loaded_model import load_model

BENCHMARKS = ("world-hop", "world-claims", "world-bios", "world-facts")


@pytest.fixture(scope="session")
def decoder():
    return load_model("demo-decoder-noisy", device="cpu")


@pytest.fixture(scope="session")
def encoder():
    return load_model("demo-encoder", device="cpu")


def some_questions(benchmark: str, count: int) -> QuestionSet:
    """The first validation questions of a bundled benchmark, read without the code that is tested."""
    folder = bundled_folder("demo-decoder").parents[1] / "benchmarks"
    candidates = json.loads((folder / "candidates.json").read_text())
    rows = [json.loads(line) for line in (folder / benchmark / "validation.jsonl").read_text().splitlines()[:count]]
    return QuestionSet(
        benchmark,
        Split.VALIDATION,
        tuple(
            Question(row["id"], row["topic"], row["question"], row["answer"], tuple(candidates[row["candidates"]]))
            for row in rows
        ),
    )
