"""The relative error of every part and of every group at all rank triples, or at those of a grid.

In the bases of modes 1 and 2, part p of the tensor is `T_p = sum_c U3[p, c] G[:, :, c]`. A truncation leaves out all of
T_p outside the block of R1 rows and R2 columns, and inside it the tail `sum_{c > R3} U3[p, c] G[:, :, c]`. So its
error squared is `|T_p|^2 - sum over the block of (T_p^2 - tail^2)`, and for each R3 one cumulative sum gives it for all
R1 and R2. It may rise with a rank: a truncation is no projection of a single part. The squared error of a group is the
energy of its core outside the block.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from einops import einsum, reduce
from jaxtyping import Float32, Float64, Int64
from torch import Tensor

from tensorllm_core.linalg.part_products import PartProducts
from tensorllm_core.linalg.products import row_blocks
from tensorllm_core.types import Ranks

__all__ = ["SliceTables", "lost_shares", "slice_tables"]

_TINY = float(np.finfo(np.float64).tiny)


@dataclass(frozen=True, eq=False)
class SliceTables:
    """Relative errors at the ranks `r1[i], r2[j], k + 1`; that of a slice that is zero is 0."""

    r1: Int64[np.ndarray, " n1"]
    r2: Int64[np.ndarray, " n2"]
    by_part: Float32[np.ndarray, "n1 n2 k3 part"]
    by_group: Float32[np.ndarray, "n1 n2 k3 group"]


class LostShares(NamedTuple):
    """Squared relative errors at R3 = c + 1, at the R1 of a block of rows (the first is `start + 1`) and at all R2."""

    start: int
    c: int
    of_parts: Float64[Tensor, "rows k2 part"]
    of_groups: Float64[Tensor, "rows k2 group"]


def lost_shares(products: PartProducts) -> Iterator[LostShares]:
    """The share of its energy that each part and each group loses, block by block of R1, and in each for all R3."""
    core, u3 = products.core, products.u3
    k1, k2, k3, group = core.shape
    energy = products.slice_errors(Ranks(k1, k2, k3)).energy
    of_part, of_group = (torch.from_numpy(energy.sum(axis=axis)).to(u3) for axis in (1, 0))
    # What the rows so far keep of each part and group, at every R3 and R2.
    kept_parts = u3.new_zeros(k3, k2, len(u3))
    kept_groups = u3.new_zeros(k3, k2, group)
    start = 0
    for block in row_blocks(core):
        rows = block.double()
        part = einsum(rows, u3, "a b c group, part c -> a b part group")
        energies = reduce(part.square(), "a b part group -> a b part", "sum")
        tail = torch.zeros_like(part)
        beyond = torch.zeros_like(rows[:, :, 0])
        whole = reduce(rows.square(), "a b c group -> a b group", "sum")
        for c in reversed(range(k3)):
            # With R3 = c + 1 directions of mode 3: the slices behind are the tail.
            parts = _cumulative(energies - reduce(tail.square(), "a b part group -> a b part", "sum"), kept_parts[c])
            groups = _cumulative(whole - beyond, kept_groups[c])
            kept_parts[c], kept_groups[c] = parts[-1], groups[-1]
            yield LostShares(start, c, _lost(of_part, parts), _lost(of_group, groups))
            tail += einsum(rows[:, :, c], u3[:, c], "a b group, part -> a b part group")
            beyond += rows[:, :, c].square()
        start += len(rows)


def slice_tables(
    products: PartProducts, r1: Int64[np.ndarray, " n1"], r2: Int64[np.ndarray, " n2"]
) -> SliceTables:
    """The errors at every pair of the given ranks of modes 1 and 2, in rising order, and at every R3.

    >>> from tensorllm_core.linalg.hosvd import hosvd
    >>> from tensorllm_core.linalg.part_products import part_products
    >>> one = np.array([1])
    >>> slice_tables(part_products(hosvd(torch.ones(6, 3, 4, 2))), one, one).by_part[0, 0, 0].round(3).tolist()
    [0.0, 0.0, 0.0, 0.0]
    """
    k3, group = products.core.shape[2:]
    by_part = np.zeros((len(r1), len(r2), k3, len(products.u3)), dtype=np.float32)
    by_group = np.zeros((len(r1), len(r2), k3, group), dtype=np.float32)
    columns = torch.from_numpy(r2 - 1)
    for lost in lost_shares(products):
        stop = lost.start + len(lost.of_parts)
        first, last = np.searchsorted(r1, [lost.start + 1, stop + 1])
        rows = torch.from_numpy(r1[first:last] - 1 - lost.start)
        for table, shares in ((by_part, lost.of_parts), (by_group, lost.of_groups)):
            chosen = shares[rows.to(shares.device)][:, columns.to(shares.device)]
            table[first:last, :, lost.c] = chosen.sqrt().cpu().numpy()
    return SliceTables(r1, r2, by_part, by_group)


def _cumulative(
    energy: Float64[Tensor, "a b slice"], before: Float64[Tensor, "b slice"]
) -> Float64[Tensor, "a b slice"]:
    """The sums over all leading blocks of rows and columns, after the rows whose sums are given."""
    return energy.cumsum(dim=1).cumsum_(dim=0).add_(before)


def _lost(energy: Float64[Tensor, " slice"], kept: Float64[Tensor, "a b slice"]) -> Float64[Tensor, "a b slice"]:
    """The share of its energy that each slice has lost."""
    shares = (energy - kept) / energy.clamp(min=_TINY)
    return shares.masked_fill_(energy == 0, 0.0).clamp_(min=0.0)
