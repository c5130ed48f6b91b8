"""Full higher-order SVD of a tensor whose last mode, the group mode, is not compressed.

The three full orthogonal bases and the full core are computed once; the truncation to any ranks is
then the leading block of the core (De Lathauwer et al. 2000; Vannieuwenhoven et al. 2012).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from einops import einsum, rearrange
from jaxtyping import Float, Float64
from torch import Tensor

from tensorllm_core.types import Progress, Ranks, TensorShape, Tucker

__all__ = ["Hosvd", "hosvd", "reconstruct", "truncate"]


@dataclass(frozen=True, eq=False)
class Hosvd:
    """Full bases, full core and spectra of one tensor."""

    core: Float[Tensor, "k1 k2 k3 group"]
    u1: Float[Tensor, "d_model k1"]
    u2: Float[Tensor, "d_head k2"]
    u3: Float[Tensor, "part k3"]
    spectra: tuple[Float64[Tensor, " k1"], Float64[Tensor, " k2"], Float64[Tensor, " k3"]]

    @property
    def shape(self) -> TensorShape:
        """Sizes of the decomposed tensor."""
        return TensorShape(self.u1.shape[0], self.u2.shape[0], self.u3.shape[0], self.core.shape[3])

    @property
    def norm(self) -> float:
        """Frobenius norm of the decomposed tensor."""
        return float(self.spectra[2].norm())


def hosvd(tensor: Float[Tensor, "d_model d_head part group"], progress: Progress | None = None) -> Hosvd:
    """Decompose at full ranks; the error of every truncation can be read off the result."""
    u1 = _basis(rearrange(tensor, "d_model d_head part group -> d_model (d_head part group)"))
    u2 = _basis(rearrange(tensor, "d_model d_head part group -> d_head (d_model part group)"))
    u3 = _basis(rearrange(tensor, "d_model d_head part group -> part (d_model d_head group)"))
    core = einsum(tensor, u1, u2, u3, "d_model d_head part group, d_model k1, d_head k2, part k3 -> k1 k2 k3 group")
    energy = core.double() ** 2
    first, second, third = (
        energy.sum(dim=[axis for axis in range(4) if axis != mode]).sqrt().cpu() for mode in range(3)
    )
    return Hosvd(core, u1, u2, u3, (first, second, third))


def truncate(decomposition: Hosvd, ranks: Ranks) -> Tucker:
    """The truncated HOSVD: the leading block of the core and the leading columns of the bases."""
    r1, r2, r3 = ranks
    d = decomposition
    return Tucker(d.core[:r1, :r2, :r3], d.u1[:, :r1], d.u2[:, :r2], d.u3[:, :r3])


def reconstruct(tucker: Tucker) -> Float[Tensor, "d_model d_head part group"]:
    """The tensor that a Tucker decomposition stands for."""
    return einsum(
        tucker.core,
        tucker.u1,
        tucker.u2,
        tucker.u3,
        "r1 r2 r3 group, d_model r1, d_head r2, part r3 -> d_model d_head part group",
    )


def _basis(unfolding: Float[Tensor, "row column"]) -> Float[Tensor, "row k"]:
    return torch.linalg.svd(unfolding, full_matrices=False).U
