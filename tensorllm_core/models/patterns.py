"""From the matrices that a family stores to weights cut by head, or to `d_ff x d_model`, and back; by its patterns."""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from tensorllm_core.errors import CheckpointError
from tensorllm_core.models.family import Dense, Family, Fused, Stored
from tensorllm_core.models.sizes import AttentionSizes
from tensorllm_core.types import AttentionWeights

__all__ = ["join", "join_dense", "reverse", "split", "split_dense", "stored_shape"]

_FUSED = 2
"""How many feed-forward matrices are stored as one, where they are."""


def split(family: Family, stored: Mapping[str, Tensor], sizes: AttentionSizes) -> AttentionWeights:
    """Cut the stored attention matrices of a layer, given by path, into heads; the results are views where possible."""

    def cut(matrix: Stored | Fused) -> Tensor:
        return rearrange(stored[matrix.path], matrix.pattern, **_axes(matrix, sizes))

    if isinstance(family.qkv, Fused):
        q, k, v = _split_fused(cut(family.qkv), family.qkv, sizes)
    else:
        q, k, v = cut(family.qkv.q), cut(family.qkv.k), cut(family.qkv.v)
    return AttentionWeights(q, k, v, cut(family.o))


def join(family: Family, weights: AttentionWeights) -> dict[str, Tensor]:
    """The stored attention matrices of a layer, by path; the exact inverse of `split`."""
    joined = {family.o.path: reverse(family.o.pattern, weights.o)}
    if isinstance(family.qkv, Fused):
        return joined | {family.qkv.path: reverse(family.qkv.pattern, _join_fused(weights, family.qkv))}
    qkv = ((family.qkv.q, weights.q), (family.qkv.k, weights.k), (family.qkv.v, weights.v))
    return joined | {matrix.path: reverse(matrix.pattern, heads) for matrix, heads in qkv}


def split_dense(dense: Dense, stored: Tensor, d_model: int) -> dict[str, Float[Tensor, "d_ff d_model"]]:
    """The feed-forward matrices that one stored matrix holds, by name.

    Raises:
        CheckpointError: the stored matrix has an impossible shape.
    """
    if stored.ndim != 2 or stored.numel() % (d_model * len(dense.names)) or d_model not in stored.shape:
        raise CheckpointError(
            f"Expected `{dense.path}` with one dimension of {d_model}, got shape {tuple(stored.shape)}; give the "
            "config that belongs to these weights."
        )
    if len(dense.names) == _FUSED:
        return dict(zip(dense.names, rearrange(stored, dense.pattern, part=_FUSED), strict=True))
    return {dense.names[0]: rearrange(stored, dense.pattern)}


def join_dense(dense: Dense, matrices: Mapping[str, Float[Tensor, "d_ff d_model"]]) -> Tensor:
    """The stored matrix that holds these feed-forward matrices; the exact inverse of `split_dense`."""
    parts = [matrices[name] for name in dense.names]
    return reverse(dense.pattern, torch.stack(parts) if len(parts) == _FUSED else parts[0])


def reverse(pattern: str, rearranged: Tensor) -> Tensor:
    """Undo the rearrangement of a pattern.

    >>> reverse("(a b) -> b a", torch.tensor([[0, 2], [1, 3]])).tolist()
    [0, 1, 2, 3]
    """
    left, _, right = pattern.partition("->")
    return rearrange(rearranged, f"{right} -> {left}")


def stored_shape(matrix: Stored | Fused, sizes: AttentionSizes) -> tuple[int, ...]:
    """The shape in which an attention matrix is stored at these sizes.

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


def _split_fused(heads: Tensor, fused: Fused, sizes: AttentionSizes) -> tuple[Tensor, Tensor, Tensor]:
    """Q, K and V from one matrix that is cut into heads; the three orders are explained in `Fused`."""
    if "member" in fused.pattern:
        queries = rearrange(heads[:-2], "member d_model d_head group -> d_model d_head (group member)")
        return queries, heads[-2], heads[-1]
    if "slot" in fused.pattern:
        q, k, v = heads.split([sizes.heads, sizes.groups, sizes.groups], dim=-1)
        return q, k, v
    q, k, v = heads
    return q, k, v


def _join_fused(weights: AttentionWeights, fused: Fused) -> Tensor:
    """The inverse of `_split_fused`."""
    if "member" in fused.pattern:
        queries = rearrange(weights.q, "d_model d_head (group n) -> n d_model d_head group", group=weights.groups)
        return torch.cat([queries, weights.k[None], weights.v[None]])
    if "slot" in fused.pattern:
        return torch.cat([weights.q, weights.k, weights.v], dim=-1)
    return torch.stack([weights.q, weights.k, weights.v])


def _axes(matrix: Stored | Fused, sizes: AttentionSizes) -> dict[str, int]:
    """The lengths of the axes on the left of the pattern."""
    lengths = _lengths(sizes)
    return {axis: lengths[axis] for axis in re.findall(r"\w+", matrix.pattern.partition("->")[0])}


def _lengths(sizes: AttentionSizes) -> dict[str, int]:
    """The length of every axis that a pattern of the attention may name."""
    return {
        "part": 3,
        "member": sizes.heads // sizes.groups + 2,
        "slot": sizes.heads + 2 * sizes.groups,
        "head": sizes.heads,
        "group": sizes.groups,
        "d_model": sizes.d_model,
        "d_head": sizes.d_head,
    }
