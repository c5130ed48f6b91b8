"""What compression does to the damaged models: ranks are chosen on validation questions, figures come from test."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tensorllm_core.benchmarks.benchmark import QuestionSet, Split
from tensorllm_core.benchmarks.world import read_world
from tensorllm_core.demo.questions import BENCHMARKS
from tensorllm_core.experiments.edits import edit_of, read_layers, removed
from tensorllm_core.experiments.evaluate import ORIGINAL, Subject, evaluate
from tensorllm_core.experiments.prefix_store import PrefixStore
from tensorllm_core.experiments.statistics import PairedAccuracy, paired_accuracy
from tensorllm_core.linalg.noise_floor import noise_floor
from tensorllm_core.linalg.rank_choice import clamp_ranks
from tensorllm_core.linalg.truncations import TuckerTruncations
from tensorllm_core.methods.method import Compressed
from tensorllm_core.methods.random_subspace import RandomSubspace
from tensorllm_core.methods.tensorllm import TensorLLM, tensor_name
from tensorllm_core.models.edit import Edit
from tensorllm_core.models.loaded_model import LoadedModel, load_model
from tensorllm_core.types import Ranks

__all__ = [
    "ALL_LAYERS_RANKS",
    "ONE_LAYER_RANKS",
    "Answered",
    "Treated",
    "Treatment",
    "macro_accuracy",
    "score",
    "treat",
]

Answered = dict[str, np.ndarray]
"""Which questions were answered, by benchmark."""

ALL_LAYERS_RANKS = tuple(itertools.starmap(Ranks, itertools.product((8, 12, 16, 24), (4, 6, 8), (4,))))
"""What validation chooses from when every layer is compressed."""

ONE_LAYER_RANKS = tuple(itertools.starmap(Ranks, itertools.product((4, 8, 16, 32), (1, 2, 4), (1, 2, 4))))
"""What validation chooses from when one layer is compressed, which can bear much less."""

_SWEEPS = 10


@dataclass(frozen=True)
class Treatment:
    """One way of editing the layers, and the test questions answered with it.

    `ranks` is None where layers differ or are removed; `ratio` is None where they are removed.
    """

    ranks: Ranks | None
    ratio: float | None
    answered: Answered
    against_untreated: PairedAccuracy

    @property
    def macro(self) -> float:
        """Macro accuracy on the test questions."""
        return macro_accuracy(self.answered)


@dataclass(frozen=True)
class Treated:
    """A model's layers left alone, compressed, and the controls: random directions of the same ranks, and removed.

    `compressed` is at the ranks that validation chose, the same in every layer; `hinted` is at each layer's
    noise-floor hint, which no question was needed for.
    """

    layers: tuple[int, ...]
    hints: tuple[Ranks, ...]
    untreated: Answered
    compressed: Treatment
    hinted: Treatment
    random: Treatment
    removed: Treatment
    compressed_against_random: PairedAccuracy
    compressed_against_removed: PairedAccuracy


def score(loaded: LoadedModel, benchmark_folder: Path, split: Split = Split.TEST) -> Answered:
    """Which questions the model answers as it is."""
    return _ask(loaded, _questions(benchmark_folder, split), {ORIGINAL: Edit()})[ORIGINAL]


def macro_accuracy(answered: Answered) -> float:
    """Mean over the benchmarks of the share of questions answered.

    >>> macro_accuracy({"a": np.array([True, False]), "b": np.array([True])})
    0.75
    """
    return float(np.mean([right.mean() for right in answered.values()]))


def treat(model: Path, benchmark_folder: Path, layers: tuple[int, ...], candidates: Iterable[Ranks]) -> Treated:
    """Compress the layers at the candidate ranks with the best validation accuracy; fewer stored entries win a tie."""
    loaded = load_model(str(model), device="cpu")
    method = TensorLLM(sweeps=_SWEEPS)
    weights = read_layers(loaded.checkpoint, layers, method)
    prepared = method.prepare(weights)
    names = {layer: tensor_name(layer) for layer in layers}
    decompositions = {
        layer: found.decomposition
        for layer in layers
        if isinstance(found := prepared.tensors[names[layer]], TuckerTruncations)
    }
    shape = decompositions[layers[0]].shape

    possible = sorted((ranks for ranks in candidates if clamp_ranks(shape, ranks) == ranks), key=shape.stored_entries)
    plans = {str(ranks): prepared.at(dict.fromkeys(names.values(), tuple(ranks))) for ranks in possible}
    edits = {name: edit_of(plan) for name, plan in plans.items()}
    chosen_on = _ask(loaded, _questions(benchmark_folder, Split.VALIDATION), edits)
    best = max(possible, key=lambda ranks: macro_accuracy(chosen_on[str(ranks)]))

    hints = {layer: noise_floor(found).ranks for layer, found in decompositions.items()}
    hinted = prepared.at({names[layer]: tuple(ranks) for layer, ranks in hints.items()})
    random = RandomSubspace().prepare(weights).at(dict.fromkeys(names.values(), tuple(best)))
    answered = _ask(
        loaded,
        _questions(benchmark_folder, Split.TEST),
        {
            ORIGINAL: Edit(),
            "compressed": edits[str(best)],
            "hinted": edit_of(hinted),
            "random": edit_of(random),
            "removed": removed(layers),
        },
    )

    def treatment(name: str, ranks: Ranks | None, plan: Compressed | None) -> Treatment:
        ratio = plan.compression_ratio if plan else None
        return Treatment(ranks, ratio, answered[name], _paired(answered[ORIGINAL], answered[name]))

    return Treated(
        layers=layers,
        hints=tuple(hints.values()),
        untreated=answered[ORIGINAL],
        compressed=treatment("compressed", best, plans[str(best)]),
        hinted=treatment("hinted", None, hinted),
        random=treatment("random", best, random),
        removed=treatment("removed", None, None),
        compressed_against_random=_paired(answered["random"], answered["compressed"]),
        compressed_against_removed=_paired(answered["removed"], answered["compressed"]),
    )


def _questions(folder: Path, split: Split) -> list[QuestionSet]:
    return [read_world(name, split, folder) for name in BENCHMARKS]


def _ask(loaded: LoadedModel, questions: list[QuestionSet], edits: dict[str, Edit]) -> dict[str, Answered]:
    subjects = [Subject(name, loaded, edit) for name, edit in edits.items()]
    found = evaluate(questions, subjects, store=PrefixStore()).answers
    return {name: {benchmark: answers.right for benchmark, answers in found[name].items()} for name in edits}


def _paired(before: Answered, after: Answered) -> PairedAccuracy:
    """Over the questions of all benchmarks together."""
    return paired_accuracy(*(np.concatenate([found[name] for name in BENCHMARKS]) for found in (before, after)))
