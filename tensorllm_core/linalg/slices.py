"""Single slices (part, group) of a Tucker decomposition and their errors, without the whole tensor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from einops import einsum
from jaxtyping import Float, Float64
from torch import Tensor

from tensorllm_core.types import Tucker

__all__ = ["DROWNED", "SliceErrors", "core_seen_from_part", "reconstruct_slice", "slice_errors"]

DROWNED = 1e-13
"""Share of a layer's energy that float32 does not tell from nothing: its numbers have 24 bits, energies are squares."""


@dataclass(frozen=True)
class SliceErrors:
    """The squared error and the energy (squared norm) of every slice, in float64."""

    squared_error: Float64[np.ndarray, "part group"]
    energy: Float64[np.ndarray, "part group"]

    def by_part_and_group(self) -> Float64[np.ndarray, "part group"]:
        """The error of each slice relative to the norm of the slice; 0 where the slice is zero."""
        return _relative(self.squared_error, self.energy)

    def by_part(self) -> Float64[np.ndarray, " part"]:
        """The error of each part over all groups, relative to the norm of the part; 0 where the part is zero."""
        return _relative(self.squared_error.sum(axis=1), self.energy.sum(axis=1))

    def by_group(self) -> Float64[np.ndarray, " group"]:
        """The error of each group over all parts, relative to the norm of the group; 0 where the group is zero."""
        return _relative(self.squared_error.sum(axis=0), self.energy.sum(axis=0))


def slice_errors(tensor: Float[Tensor, "d_model d_head part group"], tucker: Tucker) -> SliceErrors:
    """Compare a tensor with any Tucker decomposition of it, slice by slice in float64.

    The table of errors holds truncations of the HOSVD only. This function also takes refined decompositions.
    """
    exact = Tucker(*(array.cpu().double() for array in (tucker.core, tucker.u1, tucker.u2, tucker.u3)))
    error = np.empty(tensor.shape[2:])
    energy = np.empty_like(error)
    for part, group in np.ndindex(error.shape):
        original = tensor[:, :, part, group].cpu().double()
        error[part, group] = (original - reconstruct_slice(exact, part, group)).square().sum()
        energy[part, group] = original.square().sum()
    return SliceErrors(error, energy)


def core_seen_from_part(tucker: Tucker, part: int) -> Float[Tensor, "r1 r2 group"]:
    """The cores contracted with the row of U3 that belongs to one part.

    They say how each group combines the shared directions of modes 1 and 2 to this projection.

    >>> import torch
    >>> tucker = Tucker(torch.ones(2, 1, 2, 1), torch.eye(3, 2), torch.eye(1), torch.eye(2))
    >>> core_seen_from_part(tucker, 0).squeeze().tolist()
    [1.0, 1.0]
    """
    return einsum(tucker.core, tucker.u3[part], "r1 r2 r3 group, r3 -> r1 r2 group")


def reconstruct_slice(tucker: Tucker, part: int, group: int) -> Float[Tensor, "d_model d_head"]:
    """The slice of one part and one group, as the decomposition approximates it."""
    return einsum(
        core_seen_from_part(tucker, part)[:, :, group],
        tucker.u1,
        tucker.u2,
        "r1 r2, d_model r1, d_head r2 -> d_model d_head",
    )


def _relative(error: Float64[np.ndarray, "*slices"], energy: Float64[np.ndarray, "*slices"]) -> np.ndarray:
    return np.sqrt(np.divide(error, energy, out=np.zeros_like(error), where=energy > 0))
