"""The registered benchmarks, and questions by a benchmark's name or from a file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tensorllm_core.benchmarks.benchmark import Benchmark, QuestionSet, Split
from tensorllm_core.benchmarks.bios import BIOS
from tensorllm_core.benchmarks.fever import FEVER
from tensorllm_core.benchmarks.hotpotqa import HOTPOTQA
from tensorllm_core.benchmarks.own_file import OWN_NEW_TOKENS, own_benchmark, read_own_path
from tensorllm_core.benchmarks.wikidataqa import WIKIDATAQA
from tensorllm_core.benchmarks.world import WORLD
from tensorllm_core.errors import BenchmarkError

__all__ = ["BENCHMARKS", "BUNDLED", "benchmark_named", "load_questions"]

_REGISTERED: tuple[Benchmark, ...] = (
    *WORLD,
    HOTPOTQA,
    FEVER,
    BIOS,
    WIKIDATAQA,
)

BENCHMARKS: dict[str, Benchmark] = {benchmark.name: benchmark for benchmark in _REGISTERED}

BUNDLED = tuple(benchmark.name for benchmark in WORLD)
"""Names of the benchmarks whose questions are shipped."""

_FILES = {".jsonl", ".json", ".csv"}


def benchmark_named(name: str) -> Benchmark:
    """The benchmark of that name.

    Raises:
        BenchmarkError: there is none.

    >>> benchmark_named("world-hop").name
    'world-hop'
    """
    if name not in BENCHMARKS:
        names = ", ".join(f"`{known}`" for known in BENCHMARKS)
        raise BenchmarkError(
            f"Expected the benchmark to be one of {names}, or a .jsonl, .json or .csv file, got `{name}`; choose one "
            "of these."
        )
    return BENCHMARKS[name]


def load_questions(reference: str, split: Split, max_new_tokens: int = OWN_NEW_TOKENS) -> QuestionSet:
    """The questions of a registered benchmark, or of a file, whose rows that cannot be used become notices.

    `max_new_tokens` is as in `own_benchmark`.

    Raises:
        BenchmarkError: as `benchmark_named`, or questions that cannot be had or read.
        FileAccessError: a file that may not be read.
    """
    path = Path(reference)
    if reference not in BENCHMARKS and path.suffix.lower() in _FILES:
        own = read_own_path(path)
        questions = own_benchmark(own, path.stem, split, max_new_tokens=max_new_tokens)
        return replace(questions, notices=own.left_out)
    return benchmark_named(reference).load(split)
