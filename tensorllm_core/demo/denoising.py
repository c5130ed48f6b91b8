"""What compression does to the damaged models: validation questions choose the ranks, test questions measure."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tensorllm_core.benchmarks.benchmark import QuestionSet, Split
from tensorllm_core.benchmarks.registry import BUNDLED
from tensorllm_core.benchmarks.world import read_world
from tensorllm_core.experiments.edits import attention_removal, edit_of, read_layers
from tensorllm_core.experiments.evaluate import ORIGINAL, Subject, evaluate
from tensorllm_core.experiments.prefix_store import PrefixStore
from tensorllm_core.experiments.statistics import PairedAccuracy, paired_accuracy
from tensorllm_core.linalg.noise_floor import noise_floor
from tensorllm_core.linalg.rank_choice import clamp_ranks
from tensorllm_core.linalg.refinement import MOST_SWEEPS
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
    "RightAnswers",
    "Treatment",
    "Trial",
    "macro_accuracy",
    "run_trial",
    "score",
]

RightAnswers = dict[str, np.ndarray]
"""For each benchmark, whether each question is answered rightly."""

ALL_LAYERS_RANKS = tuple(itertools.starmap(Ranks, itertools.product((8, 12, 16, 24), (4, 6, 8), (4,))))
"""The ranks that validation chooses from when every layer is compressed."""

ONE_LAYER_RANKS = tuple(itertools.starmap(Ranks, itertools.product((4, 8, 16, 32), (1, 2, 4), (1, 2, 4))))
"""The ranks that validation chooses from when one layer is compressed, which needs far smaller ones."""


@dataclass(frozen=True)
class Treatment:
    """One way of editing the layers, and the test questions that the edited model answers rightly.

    `ranks` is None where layers differ or are removed; `ratio` is None where they are removed.
    """

    ranks: Ranks | None
    ratio: float | None
    right: RightAnswers
    against_untreated: PairedAccuracy

    @property
    def macro(self) -> float:
        """Macro accuracy on the test questions."""
        return macro_accuracy(self.right)


@dataclass(frozen=True)
class Trial:
    """A model as it is, with compressed layers, and with the two controls: random directions, and removed attention.

    `compressed` is at the ranks that validation chose, the same in every layer; `random` has these ranks too. `hinted`
    is at each layer's noise-floor hint, which needs no question.
    """

    layers: tuple[int, ...]
    hints: tuple[Ranks, ...]
    untreated: RightAnswers
    compressed: Treatment
    hinted: Treatment
    random: Treatment
    removed: Treatment
    compressed_against_random: PairedAccuracy
    compressed_against_removed: PairedAccuracy


def score(loaded: LoadedModel, benchmark_folder: Path, split: Split = Split.TEST) -> RightAnswers:
    """Which questions the model, as it is, answers rightly."""
    return _ask(loaded, _questions(benchmark_folder, split), {ORIGINAL: Edit()})[ORIGINAL]


def macro_accuracy(right: RightAnswers) -> float:
    """Mean over the benchmarks of the share of questions answered rightly.

    >>> macro_accuracy({"a": np.array([True, False]), "b": np.array([True])})
    0.75
    """
    return float(np.mean([each.mean() for each in right.values()]))


def run_trial(model: Path, benchmark_folder: Path, layers: tuple[int, ...], candidates: Iterable[Ranks]) -> Trial:
    """Compress the layers at the candidate ranks with the best validation accuracy; fewer stored entries win a tie."""
    # 1. Decompose every layer once.
    loaded = load_model(str(model), device="cpu")
    method = TensorLLM(sweeps=MOST_SWEEPS)
    weights = read_layers(loaded.checkpoint, layers, method)
    prepared = method.prepare(weights)
    names = {layer: tensor_name(layer) for layer in layers}
    decompositions = {
        layer: truncations.decomposition
        for layer in layers
        if isinstance(truncations := prepared.tensors[names[layer]], TuckerTruncations)
    }
    shape = decompositions[layers[0]].shape

    # 2. Choose the ranks on validation questions, those that store least first.
    possible = sorted((ranks for ranks in candidates if clamp_ranks(shape, ranks) == ranks), key=shape.stored_entries)
    compressed = {str(ranks): prepared.at(dict.fromkeys(names.values(), tuple(ranks))) for ranks in possible}
    edits = {name: edit_of(each) for name, each in compressed.items()}
    validation = _ask(loaded, _questions(benchmark_folder, Split.VALIDATION), edits)
    best = max(possible, key=lambda ranks: macro_accuracy(validation[str(ranks)]))

    # 3. Ask the test questions with each treatment.
    hints = {layer: noise_floor(decomposition).ranks for layer, decomposition in decompositions.items()}
    hinted = prepared.at({names[layer]: tuple(ranks) for layer, ranks in hints.items()})
    random = RandomSubspace().prepare(weights).at(dict.fromkeys(names.values(), tuple(best)))
    right = _ask(
        loaded,
        _questions(benchmark_folder, Split.TEST),
        {
            ORIGINAL: Edit(),
            "compressed": edits[str(best)],
            "hinted": edit_of(hinted),
            "random": edit_of(random),
            "removed": attention_removal(layers),
        },
    )

    def treatment(name: str, ranks: Ranks | None, result: Compressed | None) -> Treatment:
        ratio = result.compression_ratio if result else None
        return Treatment(ranks, ratio, right[name], _paired(right[ORIGINAL], right[name]))

    return Trial(
        layers=layers,
        hints=tuple(hints.values()),
        untreated=right[ORIGINAL],
        compressed=treatment("compressed", best, compressed[str(best)]),
        hinted=treatment("hinted", None, hinted),
        random=treatment("random", best, random),
        removed=treatment("removed", None, None),
        compressed_against_random=_paired(right["random"], right["compressed"]),
        compressed_against_removed=_paired(right["removed"], right["compressed"]),
    )


def _questions(folder: Path, split: Split) -> list[QuestionSet]:
    return [read_world(name, split, folder) for name in BUNDLED]


def _ask(loaded: LoadedModel, questions: list[QuestionSet], edits: dict[str, Edit]) -> dict[str, RightAnswers]:
    subjects = [Subject(name, loaded, edit) for name, edit in edits.items()]
    all_answers = evaluate(questions, subjects, store=PrefixStore()).answers
    return {name: {benchmark: answers.right for benchmark, answers in all_answers[name].items()} for name in edits}


def _paired(before: RightAnswers, after: RightAnswers) -> PairedAccuracy:
    """Over the questions of all benchmarks together."""
    return paired_accuracy(*(np.concatenate([right[name] for name in BUNDLED]) for right in (before, after)))
