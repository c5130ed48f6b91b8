"""Random tensors and ranks, and slow, plain computations with which the fast code must agree."""

from __future__ import annotations

import itertools

import torch
from einops import einsum, rearrange
from hypothesis import strategies
from torch import Tensor

from tensorllm_core.types import Ranks, TensorShape, Tucker

KINDS = ("white", "decaying", "low-rank", "low-rank plus noise", "one slice is zero")
UNFOLDINGS = {
    1: "d_model d_head part group -> d_model (d_head part group)",
    2: "d_model d_head part group -> d_head (d_model part group)",
    3: "d_model d_head part group -> part (d_model d_head group)",
}


def random_tensor(shape: TensorShape, kind: str, seed: int) -> Tensor:
    """A float32 tensor of one of the kinds, the same for the same seed."""
    generator = torch.Generator().manual_seed(seed)
    white = torch.randn(shape, generator=generator)
    if kind == "decaying":
        return white * torch.arange(1, shape.d_model + 1)[:, None, None, None] ** -1.0
    if kind == "one slice is zero":
        white[:, :, 0, 0] = 0
        return white
    if kind.startswith("low-rank"):
        ranks = [max(1, size // 2) for size in shape[:3]]
        core = torch.randn(*ranks, shape.group, generator=generator)
        factors = [torch.randn(size, rank, generator=generator) for size, rank in zip(shape, ranks, strict=False)]
        low_rank = direct_reconstruction(Tucker(core, *factors))
        return low_rank + 0.1 * white if kind.endswith("noise") else low_rank
    return white


def shapes(d_model: int = 20, d_head: int = 8, part: int = 6, group: int = 4):
    """Shapes up to these sizes; one side may be longer than the product of all others."""
    return strategies.builds(
        TensorShape, *(strategies.integers(1, largest) for largest in (d_model, d_head, part, group))
    )


def tensors(**sizes: int):
    """Random tensors of every kind."""
    return strategies.builds(
        random_tensor, shapes(**sizes), strategies.sampled_from(KINDS), strategies.integers(0, 2**31)
    )


def is_valid(shape: TensorShape, ranks: Ranks) -> bool:
    """Whether a Tucker decomposition can have these ranks, by the definition."""
    r1, r2, r3 = ranks
    d_model, d_head, part, group = shape
    return (
        1 <= r1 <= min(d_model, r2 * r3 * group)
        and 1 <= r2 <= min(d_head, r1 * r3 * group)
        and 1 <= r3 <= min(part, r1 * r2 * group)
    )


def valid_ranks(shape: TensorShape) -> list[Ranks]:
    """Every rank triple that a tensor of this shape can have."""
    triples = itertools.product(*(range(1, size + 1) for size in shape[:3]))
    return [Ranks(*triple) for triple in triples if is_valid(shape, Ranks(*triple))]


def direct_reconstruction(tucker: Tucker) -> Tensor:
    """The reconstruction as one sum over all ranks, in the precision of the decomposition."""
    return einsum(
        tucker.core,
        tucker.u1,
        tucker.u2,
        tucker.u3,
        "r1 r2 r3 group, d_model r1, d_head r2, part r3 -> d_model d_head part group",
    )


def direct_difference(tensor: Tensor, tucker: Tucker) -> Tensor:
    """The tensor minus its reconstruction, in float64."""
    exact = Tucker(*(array.double() for array in (tucker.core, tucker.u1, tucker.u2, tucker.u3)))
    return tensor.double() - direct_reconstruction(exact)


def direct_error(tensor: Tensor, tucker: Tucker) -> float:
    """Relative error by reconstruction in float64."""
    norm = float(tensor.double().norm())
    return float(direct_difference(tensor, tucker).norm()) / norm if norm else 0.0


def singular_values(tensor: Tensor, mode: int) -> Tensor:
    """Singular values of an unfolding, by LAPACK's own SVD in float64."""
    return torch.linalg.svdvals(rearrange(tensor.double(), UNFOLDINGS[mode]))
