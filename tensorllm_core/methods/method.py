"""What a compression method is: it decomposes weights once, then gives their replacement at any ranks or budget.

A method cuts the chosen layers into units. The tensors of a unit share one budget; how many entries each of them may
store is chosen by error. Most methods make one unit of each layer.
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
    "layer_by_layer",
]


@dataclass(frozen=True, eq=False)
class Replacement:
    """What is put in the place of a layer's weights; None and absent matrices stay as they are."""

    attention: AttentionWeights | None = None
    feed_forward: Mapping[str, Float[Tensor, "d_ff d_model"]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Compressed:
    """Replacements by layer, the ranks by tensor, and what is stored for the matrices that the method replaces."""

    replacements: Mapping[int, Replacement]
    ranks: Mapping[str, tuple[int, ...]]
    stored_entries: int
    original_entries: int

    @property
    def compression_ratio(self) -> float:
        """Entries of the matrices that are replaced / entries stored in their place."""
        return self.original_entries / self.stored_entries

    @property
    def saved_entries(self) -> int:
        """Entries that need not be stored any more; negative where "compressed" is larger than the original."""
        return self.original_entries - self.stored_entries


KEPT: tuple[int, ...] = ()
"""In place of ranks: the tensor is stored as it is."""

Assemble = Callable[[Mapping[str, Tensor]], Mapping[int, Replacement]]
"""Takes a unit's rebuilt tensors by name and gives the replacements by layer."""


@dataclass(frozen=True, eq=False)
class Unit:
    """Decomposed tensors, by name, that share one budget.

    `layers` are those whose budget it is. `fixed_entries` are stored whatever the ranks. `assemble` takes the rebuilt
    tensors, those that are kept as they are left out, and gives the replacements.
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
        fronts = [tensor.front() for tensor in self.tensors.values()]
        if len(fronts) > 1:
            # Where others need the room less, a tensor had better stay as it is than be stored in more entries.
            fronts = [
                _or_kept(front, tensor.entries) for front, tensor in zip(fronts, self.tensors.values(), strict=True)
            ]
        points = allocate(fronts, most_stored - self.fixed_entries)
        found = {}
        for name, front, point in zip(self.tensors, fronts, points, strict=True):
            ranks = tuple(front.ranks[point].tolist())
            found[name] = ranks if all(ranks) else KEPT
        return found

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
        """The replacement at given ranks, one entry for each tensor; one at `KEPT` stays as it is.

        Raises:
            RankError: ranks that a tensor cannot have, or a tensor without ranks.
        """
        if missing := [name for name in self.tensors if name not in ranks]:
            raise RankError(f"Expected ranks for `{missing[0]}`, got none; give ranks for each tensor.")
        replacements: dict[int, Replacement] = {}
        stored = 0
        for unit in self.units:
            replaced = {name: tensor for name, tensor in unit.tensors.items() if ranks[name] != KEPT}
            for name, tensor in unit.tensors.items():
                stored += tensor.stored_entries(tensor.check(ranks[name])) if name in replaced else tensor.entries
            stored += unit.fixed_entries
            rebuilt = {name: tensor.rebuild(ranks[name]) for name, tensor in replaced.items()}
            for layer, found in unit.assemble(rebuilt).items():
                replacements[layer] = _joined(replacements.get(layer, Replacement()), found)
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
            wanted = sum(saved[layer] for layer in unit.layers)
            most = unit.entries - unit.least_stored
            if wanted > most:
                where = "layer" if len(unit.layers) == 1 else "layers"
                names = ", ".join(map(str, unit.layers))
                raise RankError(
                    f"Expected to save at most {max(most, 0):,} of the {unit.entries:,} entries that this method "
                    f"replaces in {where} {names}, got a budget that saves {wanted:,}; allow more stored entries."
                )
        return self._within(lambda unit: unit.entries - sum(saved[layer] for layer in unit.layers))

    def _within(self, most_stored: Callable[[Unit], int]) -> dict[str, tuple[int, ...]]:
        return {name: ranks for unit in self.units for name, ranks in unit.within(most_stored(unit)).items()}


@runtime_checkable
class Method(Protocol):
    """A frozen dataclass of settings that can be used on any layers."""

    def feed_forward_layers(self, chosen: tuple[int, ...]) -> tuple[int, ...]:
        """The layers whose feed-forward matrices it reads when these layers are chosen; nobody loads the others'."""

    def prepare(self, layers: Mapping[int, LayerWeights], progress: Progress | None = None) -> Prepared:
        """Decompose the weights of these layers.

        Raises:
            LayoutError: the method does not apply to these matrices.
            StoppedError: `progress` asked to stop.
        """


def attention_of(layers: Mapping[int, LayerWeights]) -> dict[int, AttentionWeights]:
    """The attention weights of the layers that have been chosen for them."""
    return {layer: weights.attention for layer, weights in layers.items() if weights.attention is not None}


class AttentionOnly:
    """What methods have in common that replace attention weights and no others."""

    def feed_forward_layers(self, chosen: tuple[int, ...]) -> tuple[int, ...]:
        """None."""
        return ()


def layer_by_layer(
    layers: Mapping[int, LayerWeights],
    unit_of: Callable[[int, AttentionWeights, Progress], Unit],
    progress: Progress | None,
) -> Prepared:
    """A unit of each layer's attention."""
    chosen = attention_of(layers)
    steps = Steps(progress, len(chosen))
    return Prepared(tuple(unit_of(layer, weights, steps.begin(f"layer {layer}")) for layer, weights in chosen.items()))


def _at_most(entries: int, ratio: float) -> int:
    """The most entries whose ratio is still this one, to the last bit of the division."""
    most = math.floor(entries / ratio) + 1
    while entries / most < ratio:
        most -= 1
    return most


def _or_kept(front: TruncationFront, entries: int) -> TruncationFront:
    """The points that store less than the tensor itself, then the tensor itself, at ranks of zero."""
    smaller = int(np.searchsorted(front.stored_entries, entries))
    return TruncationFront(
        np.concatenate([front.ranks[:smaller], np.zeros_like(front.ranks[:1])]),
        np.append(front.stored_entries[:smaller], entries),
        np.append(front.squared_error[:smaller], 0.0),
    )


def _joined(first: Replacement, second: Replacement) -> Replacement:
    return Replacement(
        second.attention if first.attention is None else first.attention, {**first.feed_forward, **second.feed_forward}
    )
