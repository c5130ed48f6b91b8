"""The full higher-order SVD (HOSVD) of a tensor whose last mode, the group mode, is not compressed.

The three full orthogonal bases and the full core are computed once. The truncation to any ranks is then the leading
block of the core (De Lathauwer et al. 2000; Vannieuwenhoven et al. 2012).

A `Hosvd` may also hold the leading directions of mode 1 only, as `linalg/leading.py` finds them before the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from einops import einsum, reduce
from jaxtyping import Float, Float64
from torch import Tensor

from tensorllm_core.errors import StoppedError
from tensorllm_core.linalg.bases import orthogonal_basis
from tensorllm_core.linalg.eigenvectors import Report
from tensorllm_core.linalg.products import first_mode, full_precision, group_energy, later_modes
from tensorllm_core.types import Progress, Ranks, TensorShape, Tucker

__all__ = [
    "DOUBLE_UP_TO",
    "Hosvd",
    "Rest",
    "ShortModes",
    "add_first_mode",
    "hosvd",
    "reconstruct",
    "short_modes",
    "spectra_of",
    "stopper",
    "truncate",
]

DOUBLE_UP_TO = 2**22
"""Largest number of entries of a tensor that is decomposed and refined in float64 throughout."""

Spectra = tuple[Float64[Tensor, " k1"], Float64[Tensor, " k2"], Float64[Tensor, " k3"]]


@dataclass(frozen=True, eq=False)
class Rest:
    """What leading directions of mode 1 leave out of a tensor, seen in the full bases of modes 2 and 3."""

    energy: Float64[Tensor, "k2 k3"]
    """The squared norm that is left out, by direction of mode 2 and of mode 3."""
    products: Float64[Tensor, "k3 k3 group"]
    """The products between the directions of mode 3, summed over what is left out in modes 1 and 2."""


@dataclass(frozen=True, eq=False)
class Hosvd:
    """The bases, the core and the spectra of one tensor.

    The whole one has full bases: each k = min(side, product of the other sides). With a `rest`, mode 1 has only its
    leading directions, nearly the HOSVD's own: k1 is their number. All that is in the core, and the energy outside, is
    exact for these directions.
    """

    core: Float[Tensor, "k1 k2 k3 group"]
    u1: Float[Tensor, "d_model k1"]
    u2: Float[Tensor, "d_head k2"]
    u3: Float[Tensor, "part k3"]
    spectra: Spectra
    """Singular values of the unfoldings of modes 1, 2 and 3, descending, on the CPU; with a `rest`, in mode 1 the norms
    that its directions hold, which are never above the singular values."""
    rest: Rest | None = None

    @property
    def shape(self) -> TensorShape:
        """The sizes of the decomposed tensor."""
        return TensorShape(self.u1.shape[0], self.u2.shape[0], self.u3.shape[0], self.core.shape[3])

    @property
    def limits(self) -> Ranks:
        """How many directions of each mode there are."""
        return Ranks(*self.core.shape[:3])

    @property
    def norm(self) -> float:
        """The Frobenius norm of the decomposed tensor."""
        return float(self.spectra[2].norm())


@dataclass(frozen=True, eq=False)
class ShortModes:
    """A tensor in the full bases of modes 2 and 3: the first step to its HOSVD, and the only one that is quick."""

    tensor: Float[Tensor, "d_model k2 k3 group"]
    u2: Float[Tensor, "d_head k2"]
    u3: Float[Tensor, "part k3"]
    dtype: torch.dtype
    """That of the decomposition; the tensor here may be more precise."""


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
    report = stopper(progress)
    report(0.0, "head-width and part modes")
    short = short_modes(tensor, lambda share: report(0.05 * share, "head-width and part modes"))
    return add_first_mode(short, lambda share, message: report(0.05 + 0.95 * share, message))


def short_modes(tensor: Float[Tensor, "d_model d_head part group"], report: Report = lambda share: None) -> ShortModes:
    """The first step of `hosvd`; `report` gets the share of it that is done."""
    with torch.no_grad(), full_precision():
        # Choose where and in which dtype to compute.
        tensor = tensor.detach().cpu() if tensor.device.type == "mps" else tensor.detach()
        dtype = tensor.dtype if tensor.dtype is torch.float64 else torch.float32
        tensor = tensor.to(torch.float64 if tensor.numel() <= DOUBLE_UP_TO else dtype).contiguous()
        # The full basis of each short mode, and the tensor in their directions.
        u3 = orthogonal_basis(tensor, 3)
        report(0.2)
        u2 = orthogonal_basis(tensor, 2)
        report(0.5)
        return ShortModes(later_modes(tensor, u2, u3), u2.to(dtype), u3.to(dtype), dtype)


def add_first_mode(short: ShortModes, report: Callable[[float, str], None] = lambda share, message: None) -> Hosvd:
    """The last step of `hosvd`, with by far the most work; where the shape allows it, it overwrites the tensor."""
    with torch.no_grad(), full_precision():
        u1 = orthogonal_basis(short.tensor, 1, lambda share: report(0.6 * share, "model mode"))
        keeps_shape = u1.shape[1] == len(short.tensor)
        core = first_mode(
            short.tensor,
            u1,
            target=short.tensor if keeps_shape else None,
            report=lambda share: report(0.6 + 0.4 * share, "core"),
        ).to(short.dtype)
        return Hosvd(core, u1.to(short.dtype), short.u2, short.u3, spectra_of(group_energy(core)))


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


def spectra_of(energy: Float64[Tensor, "k1 k2 k3"], rest: Float64[Tensor, "k2 k3"] | None = None) -> Spectra:
    """The singular values of the unfoldings of modes 1, 2 and 3: the norms of the slices of the core.

    Args:
        energy: the squared norm of the core, by direction of each mode.
        rest: the squared norm outside it.
    """
    sums = [reduce(energy, f"k1 k2 k3 -> {mode}", "sum") for mode in ("k1", "k2", "k3")]
    if rest is not None:
        sums[1], sums[2] = sums[1] + rest.sum(1), sums[2] + rest.sum(0)
    # Sorted, because rounding may swap neighbours of nearly equal energy.
    first, second, third = (one.sqrt().sort(descending=True).values.cpu() for one in sums)
    return first, second, third


def stopper(progress: Progress | None) -> Callable[[float, str], None]:
    """Hands reports on to `progress`, and ends the work when that asks to stop: a report then raises StoppedError."""

    def report(share: float, message: str) -> None:
        if progress is not None and not progress(share, message):
            raise StoppedError("The decomposition was stopped before it was done; start it again.")

    return report
