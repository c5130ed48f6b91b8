"""A family describes, as data, where the models of an architecture keep their weights and how.

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

from tensorllm_core.models.sizes import AttentionSizes, SizeNames
from tensorllm_core.types import AttentionWeights

__all__ = ["Dense", "Family", "Fused", "Objective", "Separate", "Stored", "join", "split", "stored_shape"]


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
    """Query, key and value projections in one matrix; one axis of the pattern says in which order they stand.

    - `part` (3): Q, K, V, each for all heads; every head is its own group.
    - `member` (queries of a group + 2): within a group its queries, then its key, then its value.
    - `slot` (heads + 2 groups): all queries, then all keys, then all values.
    """

    path: str
    pattern: str


@dataclass(frozen=True)
class Dense:
    """One feed-forward matrix of a block, or several stored as one, brought to `d_ff x d_model`.

    With two names the pattern's axis `part` (2) counts them. `gate` is what the activation is applied to, `up` what
    it multiplies; without a gate the matrices are `in` and `out`.
    """

    names: tuple[str, ...]
    path: str
    pattern: str


@dataclass(frozen=True)
class Family:
    """Where and how an architecture stores the weights of its blocks.

    `blocks` is the path of the list of blocks below the base model: `layers` finds `model.layers.0...`
    and `layers.0...` alike. Weights are `{blocks}.{block}.{path}.weight`. Where `feed_forward` is empty, there are
    many feed-forward parts (experts), of which none is described. `turns_freely` as in `LayerWeights`.
    """

    name: str
    model_types: tuple[str, ...]
    objective: Objective
    blocks: str
    qkv: Separate | Fused
    o: Stored
    feed_forward: tuple[Dense, ...]
    size_names: SizeNames
    turns_freely: bool = False

    @property
    def matrices(self) -> tuple[Stored | Fused, ...]:
        """Every stored matrix of a layer's attention."""
        qkv = (self.qkv,) if isinstance(self.qkv, Fused) else (self.qkv.q, self.qkv.k, self.qkv.v)
        return (*qkv, self.o)


def stored_shape(matrix: Stored | Fused, sizes: AttentionSizes) -> tuple[int, ...]:
    """The shape in which a matrix is stored at these sizes.

    >>> sizes = AttentionSizes(layers=1, heads=4, groups=2, d_model=32, d_head=16, blocks=1)
    >>> stored_shape(Stored("k_proj", "(group d_head) d_model -> d_model d_head group"), sizes)
    (32, 32)
    """
    axes = _lengths(sizes)
    shape = []
    for composed, single in re.findall(r"\(([^)]*)\)|(\w+)", matrix.pattern.partition("->")[0]):
        size = 1
        for axis in (composed or single).split():
            size *= axes[axis]
        shape.append(size)
    return tuple(shape)


def split(family: Family, stored: Mapping[str, Tensor], sizes: AttentionSizes) -> AttentionWeights:
    """Cut a layer's stored matrices, by path, into heads; views of them where the order of heads allows."""

    def cut(matrix: Stored | Fused) -> Tensor:
        return rearrange(stored[matrix.path], matrix.pattern, **_axes(matrix, sizes))

    if isinstance(family.qkv, Fused):
        q, k, v = _taken_apart(cut(family.qkv), family.qkv, sizes)
    else:
        q, k, v = cut(family.qkv.q), cut(family.qkv.k), cut(family.qkv.v)
    return AttentionWeights(q, k, v, cut(family.o))


def join(family: Family, weights: AttentionWeights) -> dict[str, Tensor]:
    """The stored matrices, by path, of a layer's attention weights; the exact inverse of `split`."""
    joined = {family.o.path: reverse(family.o.pattern, weights.o)}
    if isinstance(family.qkv, Fused):
        return joined | {family.qkv.path: reverse(family.qkv.pattern, _put_together(weights, family.qkv))}
    qkv = ((family.qkv.q, weights.q), (family.qkv.k, weights.k), (family.qkv.v, weights.v))
    return joined | {matrix.path: reverse(matrix.pattern, cut) for matrix, cut in qkv}


def reverse(pattern: str, cut: Tensor) -> Tensor:
    """Undo the rearrangement of a pattern.

    >>> reverse("(a b) -> b a", torch.tensor([[0, 2], [1, 3]])).tolist()
    [0, 1, 2, 3]
    """
    left, _, right = pattern.partition("->")
    return rearrange(cut, f"{right} -> {left}")


def _taken_apart(cut: Tensor, fused: Fused, sizes: AttentionSizes) -> tuple[Tensor, Tensor, Tensor]:
    if "member" in fused.pattern:
        queries = rearrange(cut[:-2], "member d_model d_head group -> d_model d_head (group member)")
        return queries, cut[-2], cut[-1]
    if "slot" in fused.pattern:
        q, k, v = cut.split([sizes.heads, sizes.groups, sizes.groups], dim=-1)
        return q, k, v
    q, k, v = cut
    return q, k, v


def _put_together(weights: AttentionWeights, fused: Fused) -> Tensor:
    if "member" in fused.pattern:
        queries = rearrange(weights.q, "d_model d_head (group n) -> n d_model d_head group", group=weights.groups)
        return torch.cat([queries, weights.k[None], weights.v[None]])
    if "slot" in fused.pattern:
        return torch.cat([weights.q, weights.k, weights.v], dim=-1)
    return torch.stack([weights.q, weights.k, weights.v])


def _axes(matrix: Stored | Fused, sizes: AttentionSizes) -> dict[str, int]:
    named = _lengths(sizes)
    return {axis: named[axis] for axis in re.findall(r"\w+", matrix.pattern.partition("->")[0])}


def _lengths(sizes: AttentionSizes) -> dict[str, int]:
    return {
        "part": 3,
        "member": sizes.heads // sizes.groups + 2,
        "slot": sizes.heads + 2 * sizes.groups,
        "head": sizes.heads,
        "group": sizes.groups,
        "d_model": sizes.d_model,
        "d_head": sizes.d_head,
    }
