"""The bundled benchmarks about one synthetic world; see assets/benchmarks/README.md.

candidates.json               {"city": ["Barton", ...], "truth": ["true", "false"], ...}
world-hop/validation.jsonl    {"id": ..., "topic": ..., "question": ..., "answer": ..., "candidates": "city"}
world-hop/test.jsonl
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from tensorllm_core.benchmarks.benchmark import Question, QuestionSet, Row, Split
from tensorllm_core.errors import BenchmarkError
from tensorllm_core.storage.regular import read_regular

__all__ = ["BUNDLED_FOLDER", "WORLD", "BundledBenchmark", "read_world"]

BUNDLED_FOLDER = Path(__file__).resolve().parents[2] / "assets" / "benchmarks"

_CANDIDATES = "candidates.json"
_FIELDS = ("id", "topic", "question", "answer", "candidates")
_EXAMPLES = 5
"""Questions of each split that are enough to try a benchmark."""


@dataclass(frozen=True)
class BundledBenchmark:
    """A benchmark whose questions are shipped as files, those of each split in their own."""

    name: str
    title: str
    words: str

    def load(self, split: Split, folder: Path | None = None) -> QuestionSet:
        """The questions of one split; from another folder of benchmarks if one is given.

        Raises:
            BenchmarkError: as `read_world`.
        """
        return read_world(self.name, split, BUNDLED_FOLDER if folder is None else folder)

    def example_files(self) -> dict[str, list[Row]]:
        """The first questions of the shipped files, and the lists of answers that they name."""
        files = {
            path: _read_rows(BUNDLED_FOLDER / path)[:_EXAMPLES] for path in _paths_of_questions(self.name, Split.ALL)
        }
        named = {row["candidates"] for rows in files.values() for row in rows}
        lists = json.loads(read_regular(BUNDLED_FOLDER / _CANDIDATES))
        return {_CANDIDATES: [{kind: answers for kind, answers in lists.items() if kind in named}], **files}


def read_world(name: str, split: Split, folder: Path = BUNDLED_FOLDER) -> QuestionSet:
    """One split of one benchmark below a folder of benchmarks.

    Raises:
        BenchmarkError: a file is missing or is not what it should be.
    """
    try:
        lists = json.loads(read_regular(folder / _CANDIDATES))
        choices = {kind: _texts(kind, answers) for kind, answers in lists.items()}
        rows = [row for path in _paths_of_questions(name, split) for row in _read_rows(folder / path)]
        questions = tuple(_question(row, choices) for row in rows)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BenchmarkError(
            f"Expected the files of the bundled benchmark `{name}` in {folder}, got some that cannot be read "
            f"({type(error).__name__}: {error}); take them from the project again, or run `make demo-models`."
        ) from error
    return QuestionSet(name, split, questions)


def _paths_of_questions(name: str, split: Split) -> list[str]:
    parts = (Split.VALIDATION, Split.TEST) if split is Split.ALL else (split,)
    return [f"{name}/{part}.jsonl" for part in parts]


def _read_rows(path: Path) -> list[Row]:
    rows = [json.loads(line) for line in read_regular(path).splitlines()]
    if not rows:
        raise ValueError(f"no line in {path.name}")
    return rows


def _texts(what: str, values: object) -> tuple[str, ...]:
    if not isinstance(values, list | tuple) or not all(isinstance(value, str) for value in values):
        raise TypeError(f"no text in {what}")
    return tuple(values)


def _question(row: Row, choices: dict[str, tuple[str, ...]]) -> Question:
    identifier, topic, text, answer, kind = _texts(f"a field of {row['id']}", [row[field] for field in _FIELDS])
    if answer not in choices[kind]:
        raise ValueError(f"the answer of {identifier} is not in the list {kind}")
    return Question(identifier, topic, text, answer, choices[kind])


WORLD: tuple[BundledBenchmark, ...] = (
    BundledBenchmark("world-hop", "World: two hops", "Two relations to follow; mirrors HotPotQA."),
    BundledBenchmark("world-claims", "World: claims", "Is a claim true or false? Mirrors FEVER."),
    BundledBenchmark(
        "world-bios", "World: biographies", "Five clue words of a life, one profession; mirrors Bios Profession."
    ),
    BundledBenchmark("world-facts", "World: facts", "One relation to complete; mirrors BigBench-WikidataQA."),
)
