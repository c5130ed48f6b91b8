"""The bundled benchmarks about one synthetic world; see assets/benchmarks/README.md.

candidates.json               {"city": ["Barton", ...], "truth": ["true", "false"], ...}
world-hop/validation.jsonl    {"id": ..., "topic": ..., "question": ..., "answer": ..., "candidates": "city"}
world-hop/test.jsonl
"""

from __future__ import annotations

import json
from pathlib import Path

from tensorllm_core.benchmarks.benchmark import Benchmark, Question, QuestionSet, Split
from tensorllm_core.errors import BenchmarkError

__all__ = ["BUNDLED_FOLDER", "WORLD", "read_world"]

BUNDLED_FOLDER = Path(__file__).resolve().parents[2] / "assets" / "benchmarks"
_SPLITS = {
    Split.VALIDATION: ("validation",),
    Split.TEST: ("test",),
    Split.ALL: ("validation", "test"),
}


def read_world(name: str, split: Split, folder: Path = BUNDLED_FOLDER) -> QuestionSet:
    """One split of one benchmark below a folder of benchmarks.

    Raises:
        BenchmarkError: a file is missing or is not what it should be.
    """
    try:
        lists = json.loads((folder / "candidates.json").read_text(encoding="utf-8"))
        choices = {kind: tuple(words) for kind, words in lists.items()}
        lines = [
            line
            for part in _SPLITS[split]
            for line in (folder / name / f"{part}.jsonl").read_text(encoding="utf-8").splitlines()
        ]
        rows = [json.loads(line) for line in lines]
        questions = tuple(
            Question(row["id"], row["topic"], row["question"], row["answer"], choices[row["candidates"]])
            for row in rows
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BenchmarkError(
            f"Expected the benchmark `{name}` below {folder}, got none that can be read ({type(error).__name__}); make "
            "it anew with `make demo-models`."
        ) from error
    return QuestionSet(name, split, questions)


def _bundled(name: str, title: str, words: str) -> Benchmark:
    return Benchmark(name, title, words, "bundled", lambda split: read_world(name, split))


WORLD: tuple[Benchmark, ...] = (
    _bundled("world-hop", "World: two hops", "Two relations to follow; mirrors HotPotQA."),
    _bundled("world-claims", "World: claims", "Is a claim true or false? Mirrors FEVER."),
    _bundled("world-bios", "World: biographies", "Five clue words of a life, one profession; mirrors Bios Profession."),
    _bundled("world-facts", "World: facts", "One relation to complete; mirrors BigBench-WikidataQA."),
)
