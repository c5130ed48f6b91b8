"""Several methods at the same number of stored entries, so that what they lose can be compared.

A budget is a ratio: as many entries are to be saved in each layer as its attention saves at that compression ratio.
Whatever a method replaces, attention or feed-forward matrices or both, it must save as many.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from jaxtyping import Float
from torch import Tensor

from tensorllm_core.errors import ExplorerError, RankError, RequestError, StoppedError
from tensorllm_core.experiments.edits import edit_of
from tensorllm_core.experiments.evaluate import ORIGINAL, Subject
from tensorllm_core.methods.method import Compressed, Method, Prepared, attention_of
from tensorllm_core.methods.steps import Steps
from tensorllm_core.models.loaded_model import LoadedModel
from tensorllm_core.types import AttentionWeights, LayerWeights, Progress

__all__ = [
    "Contender",
    "bytes_to_hold",
    "check_ratios",
    "contend",
    "entries_to_save",
    "ratio_for_stored",
    "subjects_of",
]

_MOST_BUDGETS = 24


@dataclass(frozen=True, eq=False)
class Contender:
    """One method at one budget: its own best ranks by error, and what they lose.

    `errors` are relative errors by matrix over all chosen layers, for the matrices that are replaced; `error` is that
    of all of these together. A tensor past break-even, which would take more entries than it has, is kept as it is.
    Where the budget is out of reach, `compressed` is None and `problem` says why.
    """

    method: str
    ratio: float
    compressed: Compressed | None
    errors: Mapping[str, float] = field(default_factory=dict)
    error: float = math.nan
    problem: str = ""

    @property
    def name(self) -> str:
        """The name under which it is asked.

        >>> Contender("tensorllm", 8.0, None).name
        'tensorllm at 8x'
        """
        return f"{self.method} at {self.ratio:.6g}x"


def check_ratios(ratios: Sequence[float]) -> tuple[float, ...]:
    """The budgets, ascending and each once.

    Raises:
        RankError: none, too many, or one that allows as many entries as the original or more.

    >>> check_ratios([8.0, 4.0, 8.0])
    (4.0, 8.0)
    """
    found = tuple(sorted({float(ratio) for ratio in ratios}))
    if not found or len(found) > _MOST_BUDGETS:
        raise RankError(f"Expected 1 to {_MOST_BUDGETS} budgets, got {len(found)}; give ratios such as 4,8,16.")
    if not (found[0] > 1 and math.isfinite(found[-1])):
        wrong = found[0] if not found[0] > 1 else found[-1]
        raise RankError(
            f"Expected budgets as ratios above 1, got {wrong:g}, which saves nothing or is none; give ratios such as 4."
        )
    return found


def ratio_for_stored(entries: int, stored: int) -> float:
    """The budget at which the attention of a layer stores at most so many of its entries.

    Raises:
        RankError: not between 1 and less than the layer has.

    >>> ratio_for_stored(65536, 4096)
    16.0
    """
    if not 1 <= stored < entries:
        raise RankError(
            f"Expected a budget of 1 to {entries - 1:,} stored entries, fewer than the {entries:,} of the layer's "
            f"attention, got {stored:,}; choose one in this range."
        )
    ratio = entries / stored
    while math.floor(entries / ratio) < stored:
        ratio = math.nextafter(ratio, 0.0)
    return ratio


def entries_to_save(weights: Mapping[int, LayerWeights], ratio: float) -> dict[int, int]:
    """Entries that each layer's attention saves at a compression ratio, rounded up.

    Layers of which only the feed-forward matrices are given save nothing by themselves.

    >>> import torch
    >>> layer = LayerWeights(AttentionWeights(*(torch.ones(8, 2, 4) for _ in "qkvo")))
    >>> entries_to_save({0: layer}, 4.0)
    {0: 192}
    """
    found = {}
    for layer, attention in attention_of(weights).items():
        entries = _attention_entries(attention)
        found[layer] = entries - math.floor(entries / ratio)
    return found


def contend(
    weights: Mapping[int, LayerWeights],
    methods: Mapping[str, Method],
    ratios: Sequence[float],
    progress: Progress | None = None,
) -> Iterator[Contender]:
    """Every method at every budget, as they are found; a method that cannot be used says so at each budget.

    `weights` holds what the methods read between them, feed-forward matrices too where one of them does.

    Raises:
        RankError: as `check_ratios`.
        RequestError: no method.
        StoppedError: `progress` asked to stop.
    """
    wanted = check_ratios(ratios)
    if not methods:
        raise RequestError("Expected one or more methods, got none; choose some.")
    steps = Steps(progress, len(methods) * (1 + len(wanted)))
    for name, method in methods.items():
        within = steps.begin(name)
        own = _for_method(weights, method)
        try:
            prepared: Prepared | ExplorerError = method.prepare(own, within)
        except StoppedError:
            raise
        except ExplorerError as error:
            prepared = error
        for ratio in wanted:
            steps.begin(f"{name} at {ratio:.6g}x")
            yield _contender(name, ratio, prepared, own)


def bytes_to_hold(weights: Mapping[int, LayerWeights], methods: Mapping[str, Method], budgets: int) -> int:
    """Bytes of all the replacements, in float32: every one is kept until the last question is answered."""
    chosen = tuple(attention_of(weights))
    entries = 0
    for method in methods.values():
        dense = method.feed_forward_layers(chosen)
        entries += sum(_attention_entries(found) for found in attention_of(weights).values())
        entries += sum(matrix.numel() for layer in dense for matrix in weights[layer].feed_forward.values())
    return 4 * budgets * entries


def subjects_of(loaded: LoadedModel, contenders: Sequence[Contender]) -> list[Subject]:
    """The original first, then every contender that keeps its budget."""
    found = [Subject(ORIGINAL, loaded)]
    found += [
        Subject(contender.name, loaded, edit_of(contender.compressed))
        for contender in contenders
        if contender.compressed is not None
    ]
    return found


def _attention_entries(attention: AttentionWeights) -> int:
    return sum(part.numel() for part in (attention.q, attention.k, attention.v, attention.o))


def _for_method(weights: Mapping[int, LayerWeights], method: Method) -> dict[int, LayerWeights]:
    """What this method reads: without the feed-forward matrices where it does not touch them."""
    chosen = tuple(attention_of(weights))
    dense = method.feed_forward_layers(chosen)
    return {
        layer: LayerWeights(found.attention, found.feed_forward if layer in dense else {}, found.turns_freely)
        for layer, found in weights.items()
        if layer in {*chosen, *dense}
    }


def _contender(
    name: str, ratio: float, prepared: Prepared | ExplorerError, weights: Mapping[int, LayerWeights]
) -> Contender:
    if isinstance(prepared, ExplorerError):
        return Contender(name, ratio, None, problem=str(prepared))
    try:
        compressed = prepared.at(prepared.ranks_for_saving(entries_to_save(weights, ratio)))
    except RankError as error:
        return Contender(name, ratio, None, problem=str(error))
    by_matrix, whole = _errors(weights, compressed)
    return Contender(name, ratio, compressed, by_matrix, whole)


def _errors(weights: Mapping[int, LayerWeights], compressed: Compressed) -> tuple[dict[str, float], float]:
    lost: dict[str, float] = {}
    energy: dict[str, float] = {}
    for layer, new in compressed.replacements.items():
        old = weights[layer]
        pairs = {name: (old.feed_forward[name], matrix) for name, matrix in new.feed_forward.items()}
        if new.attention is not None and old.attention is not None:
            pairs = {name: _parts(name, old.attention, new.attention) for name in "QKVO"} | pairs
        for name, (before, after) in pairs.items():
            lost[name] = lost.get(name, 0.0) + _energy(before - after)
            energy[name] = energy.get(name, 0.0) + _energy(before)
    # What is the same to the bit was left alone.
    replaced = [name for name in lost if lost[name] > 0]
    errors = {name: math.sqrt(lost[name] / energy[name]) if energy[name] else 0.0 for name in replaced}
    whole = sum(energy[name] for name in replaced)
    return errors, math.sqrt(sum(lost[name] for name in replaced) / whole) if whole else 0.0


def _parts(name: str, before: AttentionWeights, after: AttentionWeights) -> tuple[Tensor, Tensor]:
    return getattr(before, name.lower()), getattr(after, name.lower())


def _energy(matrix: Float[Tensor, "..."]) -> float:
    return float(matrix.double().square().sum())
