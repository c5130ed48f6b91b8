"""A family describes, as data, where the models of an architecture keep their attention weights and how.

Each stored matrix has one einops pattern that cuts it into heads; writing back is the pattern reversed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import torch
from einops import rearrange
from torch import Tensor

from tensorllm_core.errors import CheckpointError
from tensorllm_core.types import AttentionWeights

__all__ = ["AttentionSizes", "Family", "Fused", "Objective", "Separate", "SizeNames", "Stored", "join", "split"]

_LARGEST_SIZE = 2**31


class Objective(StrEnum):
    """What a model was trained to do: continue a text, or fill in masked tokens."""

    CONTINUE = "continue"
    FILL_IN = "fill in"


@dataclass(frozen=True)
class Stored:
    """One weight matrix of a block: its path below the block and the pattern that cuts it into heads."""

    path: str
    pattern: str


@dataclass(frozen=True)
class Separate:
    """Query, key and value projections in three matrices."""

    q: Stored
    k: Stored
    v: Stored


@dataclass(frozen=True)
class Fused:
    """Query, key and value projections in one matrix; the pattern's `part` axis (3) counts Q, K, V."""

    path: str
    pattern: str


@dataclass(frozen=True)
class AttentionSizes:
    """Sizes of a model's attention, the same in every layer."""

    layers: int
    heads: int
    groups: int
    d_model: int
    d_head: int

    @property
    def entries(self) -> int:
        """Stored attention weights of one layer, biases not counted.

        >>> AttentionSizes(layers=2, heads=8, groups=2, d_model=64, d_head=8).entries
        10240
        """
        return 2 * self.d_model * self.d_head * (self.heads + self.groups)


@dataclass(frozen=True)
class SizeNames:
    """The keys of config.json that hold the sizes; None where the family has no such key.

    Without a key for groups (or without its value) every head is its own group; without one for
    `d_head` the head width is d_model / heads.
    """

    layers: str = "num_hidden_layers"
    heads: str = "num_attention_heads"
    d_model: str = "hidden_size"
    groups: str | None = None
    d_head: str | None = None

    def read(self, config: Mapping[str, object]) -> AttentionSizes:
        """The sizes that a config declares.

        Raises:
            CheckpointError: a size is missing, is no positive whole number, or does not divide as it must.

        >>> SizeNames().read({"num_hidden_layers": 2, "num_attention_heads": 4, "hidden_size": 32})
        AttentionSizes(layers=2, heads=4, groups=4, d_model=32, d_head=8)
        """
        layers, heads, d_model = (_size(config, name) for name in (self.layers, self.heads, self.d_model))
        groups = _optional_size(config, self.groups, heads)
        d_head = _optional_size(config, self.d_head, 0)
        if d_head == 0 and d_model % heads:
            raise CheckpointError(
                f"Expected config.json's `{self.d_model}` to be a multiple of its `{self.heads}`, got {d_model} "
                f"and {heads}; correct the config."
            )
        if heads % groups:
            raise CheckpointError(
                f"Expected config.json's `{self.heads}` to be a multiple of its `{self.groups}`, got {heads} "
                f"and {groups}; correct the config."
            )
        return AttentionSizes(layers, heads, groups, d_model, d_head or d_model // heads)


@dataclass(frozen=True)
class Family:
    """Where and how an architecture stores its attention weights.

    `blocks` is the path of the list of blocks below the base model: `layers` finds `model.layers.0...`
    and `layers.0...` alike. Weights are `{blocks}.{layer}.{path}.weight`.
    """

    name: str
    model_types: tuple[str, ...]
    objective: Objective
    blocks: str
    qkv: Separate | Fused
    o: Stored
    size_names: SizeNames

    @property
    def matrices(self) -> tuple[Stored | Fused, ...]:
        """Every stored matrix of a layer's attention."""
        qkv = (self.qkv,) if isinstance(self.qkv, Fused) else (self.qkv.q, self.qkv.k, self.qkv.v)
        return (*qkv, self.o)


def stored_shape(matrix: Stored | Fused, sizes: AttentionSizes) -> tuple[int, ...]:
    """The shape in which a matrix is stored at these sizes.

    >>> sizes = AttentionSizes(layers=1, heads=4, groups=2, d_model=32, d_head=16)
    >>> stored_shape(Stored("k_proj", "(group d_head) d_model -> d_model d_head group"), sizes)
    (32, 32)
    """
    axes = {"part": 3, "head": sizes.heads, "group": sizes.groups, "d_model": sizes.d_model, "d_head": sizes.d_head}
    shape = []
    for composed, single in re.findall(r"\(([^)]*)\)|(\w+)", matrix.pattern.partition("->")[0]):
        size = 1
        for axis in (composed or single).split():
            size *= axes[axis]
        shape.append(size)
    return tuple(shape)


def split(family: Family, stored: Mapping[str, Tensor], sizes: AttentionSizes) -> AttentionWeights:
    """Cut a layer's stored matrices, by path, into heads; views of them, nothing is copied."""

    def cut(matrix: Stored | Fused) -> Tensor:
        return rearrange(stored[matrix.path], matrix.pattern, **_axes(matrix, sizes))

    if isinstance(family.qkv, Fused):
        q, k, v = cut(family.qkv)
    else:
        q, k, v = cut(family.qkv.q), cut(family.qkv.k), cut(family.qkv.v)
    return AttentionWeights(q, k, v, cut(family.o))


def join(family: Family, weights: AttentionWeights) -> dict[str, Tensor]:
    """The stored matrices, by path, of a layer's attention weights; the exact inverse of `split`."""

    def reverse(matrix: Stored | Fused, cut: Tensor) -> Tensor:
        left, _, right = matrix.pattern.partition("->")
        return rearrange(cut, f"{right} -> {left}")

    joined = {family.o.path: reverse(family.o, weights.o)}
    if isinstance(family.qkv, Fused):
        parts = torch.stack([weights.q, weights.k, weights.v])
        return joined | {family.qkv.path: reverse(family.qkv, parts)}
    qkv = ((family.qkv.q, weights.q), (family.qkv.k, weights.k), (family.qkv.v, weights.v))
    return joined | {matrix.path: reverse(matrix, cut) for matrix, cut in qkv}


def _axes(matrix: Stored | Fused, sizes: AttentionSizes) -> dict[str, int]:
    named = {"part": 3, "head": sizes.heads, "group": sizes.groups, "d_model": sizes.d_model, "d_head": sizes.d_head}
    return {axis: named[axis] for axis in re.findall(r"\w+", matrix.pattern.partition("->")[0])}


def _size(config: Mapping[str, object], name: str) -> int:
    value = config.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value < _LARGEST_SIZE:
        came = f"`{value}`" if name in config else "nothing"
        raise CheckpointError(
            f"Expected a positive whole number for `{name}` in config.json, got {came}; correct the config."
        )
    return value


def _optional_size(config: Mapping[str, object], name: str | None, otherwise: int) -> int:
    if name is None or config.get(name) is None:
        return otherwise
    return _size(config, name)
