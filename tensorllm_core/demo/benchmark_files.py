"""The bundled benchmarks as files: JSON Lines of questions, and one JSON file of candidate answers by type.

    assets/benchmarks/candidates.json               {"city": ["Barton", ...], "truth": ["true", "false"], ...}
    assets/benchmarks/world-hop/validation.jsonl    {"id": ..., "topic": ..., "question": ..., "answer": ...,
    assets/benchmarks/world-hop/test.jsonl           "candidates": "city"}

A question is a prompt that ends right before its answer; `candidates` names the list that holds the possible
answers; `topic` is the relation that the question is about.
"""

from __future__ import annotations

import json
from pathlib import Path

from tensorllm_core.benchmarks.registry import BUNDLED
from tensorllm_core.demo.questions import WorldQuestion, benchmark_questions
from tensorllm_core.demo.world import World

__all__ = ["SPLITS", "write_benchmarks"]

SPLITS = ("validation", "test")
_CANDIDATES = "candidates.json"


def write_benchmarks(world: World, folder: Path) -> None:
    """Write both splits of the four benchmarks."""
    folder.mkdir(parents=True, exist_ok=True)
    lists = {name: list(words) for name, words in world.candidates.items()}
    (folder / _CANDIDATES).write_text(json.dumps(lists, indent=1) + "\n", encoding="utf-8")
    for name in BUNDLED:
        (folder / name).mkdir(exist_ok=True)
        for split in SPLITS:
            rows = [
                json.dumps(_row(f"{name}-{split}-{number}", question))
                for number, question in enumerate(benchmark_questions(world, name, split), start=1)
            ]
            (folder / name / f"{split}.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")


def _row(identifier: str, question: WorldQuestion) -> dict[str, str]:
    return {
        "id": identifier,
        "topic": question.topic,
        "question": question.text,
        "answer": question.answer,
        "candidates": question.candidates,
    }
