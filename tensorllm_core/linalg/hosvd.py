"""The full higher-order SVD (HOSVD) of a tensor whose last mode, the group mode, is not compressed.

The three full orthogonal bases and the full core are computed once. The truncation to any ranks is then the leading
block of the core (De Lathauwer et al. 2000; Vannieuwenhoven et al. 2012).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from einops import einsum, reduce
from jaxtyping import Float, Float64
from torch import Tensor

from tensorllm_core.errors import StoppedError
from tensorllm_core.linalg.bases import orthogonal_basis
from tensorllm_core.linalg.products import first_mode, full_precision, group_energy, later_modes
from tensorllm_core.types import Progress, Ranks, TensorShape, Tucker

__all__ = ["DOUBLE_UP_TO", "Hosvd", "hosvd", "reconstruct", "truncate"]

DOUBLE_UP_TO = 2**22
"""Largest number of entries of a tensor that is decomposed and refined in float64 throughout."""


@dataclass(frozen=True, eq=False)
class Hosvd:
    """The full bases, the full core and the spectra of one tensor; each k = min(side, product of the other sides)."""

    core: Float[Tensor, "k1 k2 k3 group"]
    u1: Float[Tensor, "d_model k1"]
    u2: Float[Tensor, "d_head k2"]
    u3: Float[Tensor, "part k3"]
    spectra: tuple[Float64[Tensor, " k1"], Float64[Tensor, " k2"], Float64[Tensor, " k3"]]
    """Singular values of the unfoldings of modes 1, 2 and 3, descending, on the CPU."""

    @property
    def shape(self) -> TensorShape:
        """The sizes of the decomposed tensor."""
        return TensorShape(self.u1.shape[0], self.u2.shape[0], self.u3.shape[0], self.core.shape[3])

    @property
    def norm(self) -> float:
        """The Frobenius norm of the decomposed tensor."""
        return float(self.spectra[2].norm())


def hosvd(tensor: Float[Tensor, "d_model d_head part group"], progress: Progress | None = None) -> Hosvd:
    """Decompose a tensor at full ranks; its core holds the error of every truncation.

    The entries must be finite. Core and bases have the dtype and the device of the tensor, with two exceptions. A
    dtype other than float32 and float64 becomes float32. A tensor on an MPS device, which has neither float64 nor
    eigenvectors, is decomposed on the CPU.

    Raises:
        StoppedError: `progress` asked to stop.

    >>> hosvd(torch.ones(6, 3, 4, 2)).spectra[1].round(decimals=3).tolist()
    [12.0, 0.0, 0.0]
    """

    def report(share: float, message: str) -> None:
        if progress is not None and not progress(share, message):
            raise StoppedError("The decomposition was stopped before it was done; start it again.")

    with torch.no_grad(), full_precision():
        # Choose where and in which dtype to compute.
        tensor = tensor.detach().cpu() if tensor.device.type == "mps" else tensor.detach()
        dtype = tensor.dtype if tensor.dtype is torch.float64 else torch.float32
        tensor = tensor.to(torch.float64 if tensor.numel() <= DOUBLE_UP_TO else dtype).contiguous()
        # The full basis of each mode; mode 1 has by far the most work.
        report(0.0, "head-width and part modes")
        u3 = orthogonal_basis(tensor, 3)
        u2 = orthogonal_basis(tensor, 2)
        u1 = orthogonal_basis(tensor, 1, lambda share: report(0.05 + 0.15 * share, "model mode"))
        # The core: the tensor in the directions of all three bases, in the same memory where the shape allows it.
        report(0.6, "core")
        core = first_mode(tensor, u1)
        report(0.95, "core")
        keeps_shape = core.shape[1:3] == (u2.shape[1], u3.shape[1])
        core = later_modes(core, u2, u3, target=core if keeps_shape else None).to(dtype)
        return Hosvd(core, u1.to(dtype), u2.to(dtype), u3.to(dtype), _spectra(core))


def truncate(decomposition: Hosvd, ranks: Ranks) -> Tucker:
    """The truncated HOSVD: the leading block of the core and the leading columns of the bases.

    >>> truncate(hosvd(torch.ones(6, 3, 4, 2)), Ranks(2, 1, 1)).core.shape
    torch.Size([2, 1, 1, 2])
    """
    r1, r2, r3 = ranks
    d = decomposition
    return Tucker(d.core[:r1, :r2, :r3], d.u1[:, :r1], d.u2[:, :r2], d.u3[:, :r3])


def reconstruct(tucker: Tucker) -> Float[Tensor, "d_model d_head part group"]:
    """The whole tensor `core x1 U1 x2 U2 x3 U3` that a Tucker decomposition stands for."""
    with full_precision():
        # Mode 1, the largest, comes last, so that the intermediate tensor is small.
        rows = einsum(tucker.core, tucker.u2, tucker.u3, "r1 r2 r3 group, d_head r2, part r3 -> r1 d_head part group")
        return einsum(rows, tucker.u1, "r1 d_head part group, d_model r1 -> d_model d_head part group")


def _spectra(
    core: Float[Tensor, "k1 k2 k3 group"],
) -> tuple[Float64[Tensor, " k1"], Float64[Tensor, " k2"], Float64[Tensor, " k3"]]:
    """The singular values of the unfoldings of modes 1, 2 and 3: the norms of the slices of the core."""
    energy = group_energy(core)
    # Sorted, because rounding may swap neighbours of nearly equal energy.
    first, second, third = (
        reduce(energy, f"k1 k2 k3 -> {mode}", "sum").sqrt().sort(descending=True).values.cpu()
        for mode in ("k1", "k2", "k3")
    )
    return first, second, third
