"""What compression does to the damaged models: ranks are chosen on validation questions, figures come from test."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tensorllm_core.demo.attention import at_ranks, removed
from tensorllm_core.demo.benchmark_files import Benchmark, read_benchmark
from tensorllm_core.demo.questions import BENCHMARKS
from tensorllm_core.demo.score import PairedTest, macro_accuracy, paired_test, score
from tensorllm_core.linalg.hosvd import hosvd
from tensorllm_core.linalg.noise_floor import noise_floor
from tensorllm_core.linalg.rank_choice import clamp_ranks
from tensorllm_core.methods.tensorise import tensorise
from tensorllm_core.models.checkpoint import read_attention
from tensorllm_core.models.editing import Edit, edited
from tensorllm_core.models.opening import LoadedModel, load_model
from tensorllm_core.types import AttentionWeights, Ranks

__all__ = ["ALL_LAYERS_RANKS", "ONE_LAYER_RANKS", "Answers", "Treated", "Treatment", "answers", "treat"]

Answers = dict[str, np.ndarray]
"""Which questions were answered, by benchmark."""

ALL_LAYERS_RANKS = tuple(itertools.starmap(Ranks, itertools.product((8, 12, 16, 24), (4, 6, 8), (4,))))
"""What validation chooses from when every layer is compressed."""

ONE_LAYER_RANKS = tuple(itertools.starmap(Ranks, itertools.product((4, 8, 16, 32), (1, 2, 4), (1, 2, 4))))
"""What validation chooses from when one layer is compressed, which can bear much less."""


@dataclass(frozen=True)
class Treatment:
    """One way of editing the layers, and the test questions answered with it.

    `ranks` is None where layers differ or are removed; `ratio` is None where they are removed.
    """

    ranks: Ranks | None
    ratio: float | None
    answered: Answers
    against_untreated: PairedTest

    @property
    def macro(self) -> float:
        """Macro accuracy on the test questions."""
        return macro_accuracy(self.answered)


@dataclass(frozen=True)
class Treated:
    """A model's layers left alone, compressed, and removed.

    `compressed` is at the ranks that validation chose, the same in every layer; `hinted` is at each layer's
    noise-floor hint, which no question was needed for.
    """

    layers: tuple[int, ...]
    hints: tuple[Ranks, ...]
    untreated: Answers
    compressed: Treatment
    hinted: Treatment
    removed: Treatment
    compressed_against_removed: PairedTest


def answers(loaded: LoadedModel, benchmarks: list[Benchmark]) -> Answers:
    """Which questions the model answers as it is."""
    return {benchmark.name: score(loaded.model, loaded.tokenizer, benchmark) for benchmark in benchmarks}


def treat(model: Path, benchmark_folder: Path, layers: tuple[int, ...], candidates: Iterable[Ranks]) -> Treated:
    """Compress the layers at the candidate ranks with the best validation accuracy; fewer stored entries win a tie."""
    loaded = load_model(str(model), device="cpu")
    validation, test = (
        [read_benchmark(benchmark_folder, name, split) for name in BENCHMARKS] for split in ("validation", "test")
    )
    originals = {layer: read_attention(loaded.checkpoint, layer) for layer in layers}
    shape = tensorise(originals[layers[0]]).shape

    def answers_with(replacements: dict[int, AttentionWeights], benchmarks: list[Benchmark]) -> Answers:
        with edited(loaded, Edit(replacements)):
            return answers(loaded, benchmarks)

    def compressed(ranks: Ranks) -> dict[int, AttentionWeights]:
        return {layer: at_ranks(weights, ranks) for layer, weights in originals.items()}

    possible = sorted((ranks for ranks in candidates if clamp_ranks(shape, ranks) == ranks), key=shape.stored_entries)
    best = max(possible, key=lambda ranks: macro_accuracy(answers_with(compressed(ranks), validation)))
    untreated = answers(loaded, test)
    after = answers_with(compressed(best), test)
    hints = {layer: noise_floor(hosvd(tensorise(weights).data)).ranks for layer, weights in originals.items()}
    by_hint = answers_with({layer: at_ranks(originals[layer], ranks) for layer, ranks in hints.items()}, test)
    hinted_ratio = len(hints) * shape.entries / sum(shape.stored_entries(ranks) for ranks in hints.values())
    without = answers_with({layer: removed(weights) for layer, weights in originals.items()}, test)
    return Treated(
        layers=layers,
        hints=tuple(hints.values()),
        untreated=untreated,
        compressed=Treatment(best, shape.compression_ratio(best), after, _paired(untreated, after)),
        hinted=Treatment(None, hinted_ratio, by_hint, _paired(untreated, by_hint)),
        removed=Treatment(None, None, without, _paired(untreated, without)),
        compressed_against_removed=_paired(without, after),
    )


def _paired(before: Answers, after: Answers) -> PairedTest:
    """Over the questions of all benchmarks together."""
    return paired_test(*(np.concatenate([found[name] for name in BENCHMARKS]) for found in (before, after)))
