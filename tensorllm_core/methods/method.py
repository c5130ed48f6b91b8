"""What a compression method is: it decomposes weights once, then gives their replacement at any ranks or budget.

A method cuts the chosen layers into units. The tensors of a unit share one budget; it goes to them so that their error
is least. Most methods make one unit of each layer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float
from torch import Tensor

from tensorllm_core.errors import RankError
from tensorllm_core.linalg.allocation import allocate
from tensorllm_core.linalg.truncations import TruncationFront, Truncations
from tensorllm_core.methods.steps import Steps
from tensorllm_core.types import AttentionWeights, LayerWeights, Progress

__all__ = [
    "KEPT",
    "Assemble",
    "AttentionOnly",
    "Compressed",
    "Method",
    "Prepared",
    "Replacement",
    "Unit",
    "attention_of",
    "join_replacements",
    "layer_by_layer",
]


@dataclass(frozen=True, eq=False)
class Replacement:
    """New weights of a layer. Where `attention` is None, or a matrix is missing, the layer keeps its own."""

    attention: AttentionWeights | None = None
    feed_forward: Mapping[str, Float[Tensor, "d_ff d_model"]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Compressed:
    """Replacements by layer, ranks by tensor, and the entries of the replaced matrices, stored and original."""

    replacements: Mapping[int, Replacement]
    ranks: Mapping[str, tuple[int, ...]]
    stored_entries: int
    original_entries: int

    @property
    def compression_ratio(self) -> float:
        """Original entries / stored entries."""
        return self.original_entries / self.stored_entries

    @property
    def saved_entries(self) -> int:
        """Original less stored entries; negative where the compressed form is larger than the original."""
        return self.original_entries - self.stored_entries


KEPT: tuple[int, ...] = ()
"""In place of ranks: the tensor is stored as it is."""

Assemble = Callable[[Mapping[str, Tensor]], Mapping[int, Replacement]]
"""Takes a unit's rebuilt tensors by name and gives the replacements by layer."""


@dataclass(frozen=True, eq=False)
class Unit:
    """Decomposed tensors, by name, that share one budget.

    The budget is the sum of those of `layers`. `fixed_entries` are stored at any ranks. `assemble` takes the rebuilt
    tensors, without those that stay as they are, and gives the replacements.
    """

    layers: tuple[int, ...]
    tensors: Mapping[str, Truncations]
    assemble: Assemble
    fixed_entries: int = 0

    @property
    def entries(self) -> int:
        """Entries of the matrices that are replaced."""
        return sum(tensor.entries for tensor in self.tensors.values())

    def within(self, most_stored: int) -> dict[str, tuple[int, ...]]:
        """The ranks with the least squared error that store at most so many entries; `KEPT` for a tensor left as it is.

        Raises:
            RankError: even the smallest ranks store more.
        """
        # One of several tensors may stay as it is, rather than be stored in more entries than it has.
        alone = len(self.tensors) == 1
        fronts = [tensor.front() if alone else _front_with_kept(tensor) for tensor in self.tensors.values()]
        points = allocate(fronts, most_stored - self.fixed_entries)
        ranks = (tuple(front.ranks[point].tolist()) for front, point in zip(fronts, points, strict=True))
        return {name: each if all(each) else KEPT for name, each in zip(self.tensors, ranks, strict=True)}

    @property
    def least_stored(self) -> int:
        """Entries that the smallest ranks store."""
        smallest = (tensor.stored_entries((1,) * len(tensor.limits)) for tensor in self.tensors.values())
        return self.fixed_entries + sum(smallest)


@dataclass(frozen=True, eq=False)
class Prepared:
    """Layers that a method has decomposed."""

    units: tuple[Unit, ...]

    @property
    def entries(self) -> int:
        """Entries of all matrices that are replaced."""
        return sum(unit.entries for unit in self.units)

    @property
    def tensors(self) -> Mapping[str, Truncations]:
        """Every decomposed tensor by its name."""
        return {name: tensor for unit in self.units for name, tensor in unit.tensors.items()}

    def at(self, ranks: Mapping[str, tuple[int, ...]]) -> Compressed:
        """The replacement at the ranks of each tensor; a tensor at `KEPT` stays as it is.

        Raises:
            RankError: ranks that a tensor cannot have, or a tensor without ranks.
        """
        if missing := [name for name in self.tensors if name not in ranks]:
            raise RankError(f"Expected ranks for `{missing[0]}`, got none; give ranks for each tensor.")
        replacements: dict[int, Replacement] = {}
        stored = 0
        for unit in self.units:
            truncated = {name: tensor for name, tensor in unit.tensors.items() if ranks[name] != KEPT}
            for name, tensor in unit.tensors.items():
                stored += tensor.stored_entries(tensor.check(ranks[name])) if name in truncated else tensor.entries
            stored += unit.fixed_entries
            rebuilt = {name: tensor.rebuild(ranks[name]) for name, tensor in truncated.items()}
            for layer, new in unit.assemble(rebuilt).items():
                old = replacements.get(layer, Replacement())
                replacements[layer] = join_replacements(old, new)
        return Compressed(replacements, {name: ranks[name] for name in self.tensors}, stored, self.entries)

    def ranks_for_compression(self, ratio: float) -> dict[str, tuple[int, ...]]:
        """Each unit's ranks of the least error that make the matrices it replaces smaller by this ratio or more.

        Raises:
            RankError: no ranks reach the ratio, or it is not a positive number.
        """
        highest = min(unit.entries / unit.least_stored for unit in self.units)
        if not 0 < ratio <= highest:
            raise RankError(
                f"Expected a compression ratio above 0 and of at most {highest:.6g}, which the smallest ranks reach, "
                f"got {ratio:g}; ask for a ratio in this range."
            )
        return self._within(lambda unit: _at_most(unit.entries, ratio))

    def ranks_for_saving(self, saved: Mapping[int, int]) -> dict[str, tuple[int, ...]]:
        """Each unit's ranks of the least error that save at least so many entries of its layers.

        Raises:
            RankError: no ranks save as much.
        """
        for unit in self.units:
            to_save = sum(saved[layer] for layer in unit.layers)
            most = unit.entries - unit.least_stored
            if to_save > most:
                where = ("layer " if len(unit.layers) == 1 else "layers ") + ", ".join(map(str, unit.layers))
                raise RankError(
                    f"Expected to save at most {max(most, 0):,} of the {unit.entries:,} entries that this method "
                    f"replaces in {where}, got a budget that saves {to_save:,}; allow more stored entries."
                )
        return self._within(lambda unit: unit.entries - sum(saved[layer] for layer in unit.layers))

    def _within(self, most_stored: Callable[[Unit], int]) -> dict[str, tuple[int, ...]]:
        return {name: ranks for unit in self.units for name, ranks in unit.within(most_stored(unit)).items()}


@runtime_checkable
class Method(Protocol):
    """A frozen dataclass of settings that can be used on any layers."""

    def feed_forward_layers(self, chosen: tuple[int, ...]) -> tuple[int, ...]:
        """The layers whose feed-forward matrices it needs when these layers are chosen; no others are loaded."""

    def prepare(self, layers: Mapping[int, LayerWeights], progress: Progress | None = None) -> Prepared:
        """Decompose the weights of these layers.

        Raises:
            LayoutError: the method does not apply to these matrices.
            StoppedError: `progress` asked to stop.
        """


def attention_of(layers: Mapping[int, LayerWeights]) -> dict[int, AttentionWeights]:
    """The attention weights by layer, of those layers that have them."""
    return {layer: weights.attention for layer, weights in layers.items() if weights.attention is not None}


class AttentionOnly:
    """Base of the methods that replace attention weights and no others."""

    def feed_forward_layers(self, chosen: tuple[int, ...]) -> tuple[int, ...]:
        """No layer."""
        return ()


def join_replacements(old: Replacement, new: Replacement) -> Replacement:
    """Both replacements of one layer together; where both have a matrix, the new one."""
    return Replacement(new.attention or old.attention, {**old.feed_forward, **new.feed_forward})


def layer_by_layer(
    layers: Mapping[int, LayerWeights],
    unit_of: Callable[[int, AttentionWeights, Progress], Unit],
    progress: Progress | None,
) -> Prepared:
    """One unit for the attention of each layer.

    Raises:
        StoppedError: `progress` asked to stop.
    """
    attention = attention_of(layers)
    steps = Steps(progress, len(attention))
    units = (unit_of(layer, weights, steps.begin(f"layer {layer}")) for layer, weights in attention.items())
    return Prepared(tuple(units))


def _at_most(entries: int, ratio: float) -> int:
    """The largest number of stored entries that still reaches this ratio, exact in floating point."""
    most = math.floor(entries / ratio) + 1
    while entries / most < ratio:
        most -= 1
    return most


def _front_with_kept(tensor: Truncations) -> TruncationFront:
    """The points that store less than the tensor itself, then one for the tensor as it is, at ranks of zero."""
    front = tensor.front()
    smaller = int(np.searchsorted(front.stored_entries, tensor.entries))
    return TruncationFront(
        np.concatenate([front.ranks[:smaller], np.zeros_like(front.ranks[:1])]),
        np.append(front.stored_entries[:smaller], tensor.entries),
        np.append(front.squared_error[:smaller], 0.0),
    )
