"""The rank triples at which no part and no group is lost: exact for all triples, without rebuilding the tensor.

In the bases of modes 1 and 2, part p of the tensor is `T_p = sum_c U3[p, c] G[:, :, c]`. A truncation leaves out all of
T_p outside the block of R1 rows and R2 columns, and inside it the tail `sum_{c > R3} U3[p, c] G[:, :, c]`. So its
error squared is `|T_p|^2 - sum over the block of (T_p^2 - tail^2)`, and for each R3 one cumulative sum gives it for all
R1 and R2. It may rise with a rank: a truncation is no projection of a single part. The squared error of a group is the
energy of its core outside the block.
"""

from __future__ import annotations

import numpy as np
import torch
from einops import einsum, reduce
from jaxtyping import Bool, Float32, Float64, Int64
from torch import Tensor

from tensorllm_core.linalg.eigenvectors import Report
from tensorllm_core.linalg.landscape import Landscape
from tensorllm_core.linalg.pareto import stored_entries
from tensorllm_core.linalg.part_products import PartProducts
from tensorllm_core.linalg.products import row_blocks
from tensorllm_core.types import Ranks, TensorShape

__all__ = ["MOST_LOST", "ranks_that_keep_slices", "worst_errors"]

MOST_LOST = 0.5
"""Largest relative error of a part or of a group: three quarters of its energy stay.

In SmolLM2-135M, whose attention is grouped, layers then store 1.2 to 1.7 times fewer entries. At 0.7, where half of the
energy of a part is lost, it would be 1.9 to 3 times.
"""
_TINY = float(np.finfo(np.float64).tiny)


def ranks_that_keep_slices(table: Landscape, most: float = MOST_LOST, report: Report = lambda share: None) -> Ranks:
    """The valid ranks with the fewest stored entries at which every part and group has an error of at most `most`.

    Only ranks that store fewer entries than the tensor count, if there are any. If none of them keeps every slice so
    well, the ones whose worst part or group has the smallest error. Of equals, those with the smallest error of all.
    `report` gets the share of the work that is done; what it raises ends the work.
    """
    worst = worst_errors(table.products, lambda share: report(0.9 * share))
    best: tuple[tuple[float, ...], Ranks] | None = None
    for r3 in range(1, worst.shape[2] + 1):
        stored, is_valid = _stored_entries(table.shape, worst.shape[0], worst.shape[1], r3)
        if not is_valid.any():
            continue
        # The keys in the order in which they decide; each leaves the triples that are equal in the ones before.
        keys = (
            (stored >= table.shape.entries).astype(np.float64),
            np.maximum(worst[:, :, r3 - 1], most),
            stored.astype(np.float64),
            table.table[:, :, r3 - 1],
        )
        left = is_valid
        for key in keys:
            left = left & (key == key[left].min())
        r1, r2 = (int(place[0]) for place in np.nonzero(left))
        score = tuple(float(key[r1, r2]) for key in keys)
        if best is None or score < best[0]:
            best = score, Ranks(r1 + 1, r2 + 1, r3)
    # The ranks (1, 1, 1) are always valid.
    return best[1] if best else Ranks(1, 1, 1)


def worst_errors(products: PartProducts, report: Report = lambda share: None) -> Float32[np.ndarray, "k1 k2 k3"]:
    """The largest relative error of any part or group at every rank triple; a slice that is zero has none.

    Entry (i, j, k) belongs to the ranks `(i + 1, j + 1, k + 1)`.
    """
    core, u3 = products.core, products.u3
    k1, k2, k3, _ = core.shape
    energy = products.slice_errors(Ranks(k1, k2, k3)).energy
    of_part, of_group = (torch.from_numpy(energy.sum(axis=axis)).to(u3) for axis in (1, 0))
    worst = np.empty((k1, k2, k3), dtype=np.float32)
    # What the rows so far keep of each part and group, at every R3 and R2.
    kept_parts = u3.new_zeros(k3, k2, len(u3))
    kept_groups = u3.new_zeros(k3, k2, core.shape[3])
    start = 0
    for block in row_blocks(core):
        rows = block.double()
        stop = start + len(rows)
        part = einsum(rows, u3, "a b c group, part c -> a b part group")
        energies = reduce(part.square(), "a b part group -> a b part", "sum")
        tail = torch.zeros_like(part)
        beyond = torch.zeros_like(rows[:, :, 0])
        whole = reduce(rows.square(), "a b c group -> a b group", "sum")
        for c in reversed(range(k3)):
            # With R3 = c + 1 directions of mode 3: the slices behind are the tail.
            parts = _cumulative(energies - reduce(tail.square(), "a b part group -> a b part", "sum"), kept_parts[c])
            groups = _cumulative(whole - beyond, kept_groups[c])
            lost = torch.maximum(_largest_share(of_part, parts), _largest_share(of_group, groups))
            worst[start:stop, :, c] = lost.clamp_(min=0.0).sqrt_().cpu().numpy()
            kept_parts[c], kept_groups[c] = parts[-1], groups[-1]
            tail += einsum(rows[:, :, c], u3[:, c], "a b group, part -> a b part group")
            beyond += rows[:, :, c].square()
        start = stop
        report(stop / k1)
    return worst


def _cumulative(
    energy: Float64[Tensor, "a b slice"], before: Float64[Tensor, "b slice"]
) -> Float64[Tensor, "a b slice"]:
    """The sums over all leading blocks of rows and columns, after the rows whose sums are given."""
    return energy.cumsum(dim=1).cumsum_(dim=0).add_(before)


def _largest_share(energy: Float64[Tensor, " slice"], kept: Float64[Tensor, "a b slice"]) -> Float64[Tensor, "a b"]:
    """The largest share of its energy that a slice has lost."""
    shares = (energy - kept) / energy.clamp(min=_TINY)
    return shares.masked_fill_(energy == 0, 0.0).amax(dim=2)


def _stored_entries(
    shape: TensorShape, k1: int, k2: int, r3: int
) -> tuple[Int64[np.ndarray, "k1 k2"], Bool[np.ndarray, "k1 k2"]]:
    """What every pair (R1, R2) stores at this R3, and whether a decomposition can have these ranks."""
    group = shape.group
    r1, r2 = np.ogrid[1 : k1 + 1, 1 : k2 + 1]
    possible = (r1 <= r2 * r3 * group) & (r2 <= r1 * r3 * group) & (r3 <= r1 * r2 * group)
    return stored_entries(shape, r1, r2, r3), possible
