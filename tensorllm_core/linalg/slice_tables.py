"""The relative errors of parts, groups and slices at the rank triples of a grid, by look-ups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32, Float64, Int64
from torch import Tensor

from tensorllm_core.linalg.part_products import PartProducts
from tensorllm_core.linalg.slices import DROWNED

__all__ = ["SliceTables", "slice_tables"]


@dataclass(frozen=True, eq=False)
class SliceTables:
    """Relative errors at the ranks `r1[i], r2[j], k + 1`; that of a slice that rounding drowns is 0."""

    r1: Int64[np.ndarray, " n1"]
    r2: Int64[np.ndarray, " n2"]
    by_part: Float32[np.ndarray, "n1 n2 k3 part"]
    by_group: Float32[np.ndarray, "n1 n2 k3 group"]
    by_slice: Float32[np.ndarray, "n1 n2 k3 part group"]
    energy: Float64[np.ndarray, "part group"]
    """Squared norm of each slice."""


def slice_tables(products: PartProducts, r1: Int64[np.ndarray, " n1"], r2: Int64[np.ndarray, " n2"]) -> SliceTables:
    """The errors at every pair of the given ranks of modes 1 and 2, in rising order, and at every R3.

    >>> from tensorllm_core.linalg.hosvd import hosvd
    >>> from tensorllm_core.linalg.part_products import part_products
    >>> one = np.array([1])
    >>> slice_tables(part_products(hosvd(torch.ones(6, 3, 4, 2))), one, one).by_part[0, 0, 0].round(3).tolist()
    [0.0, 0.0, 0.0, 0.0]
    """
    squared_error, energy = products.slice_errors_at(r1, r2)
    return SliceTables(
        r1,
        r2,
        by_part=_relative(squared_error.sum(dim=4), energy.sum(dim=1)),
        by_group=_relative(squared_error.sum(dim=3), energy.sum(dim=0)),
        by_slice=_relative(squared_error, energy),
        energy=energy.cpu().numpy(),
    )


def _relative(
    squared_error: Float64[Tensor, "n1 n2 k3 *slice"], energy: Float64[Tensor, "*slice"]
) -> Float32[np.ndarray, "n1 n2 k3 *slice"]:
    shares = torch.where(energy > DROWNED * energy.sum(), squared_error / energy, 0.0)
    return shares.sqrt().float().cpu().numpy()
