"""The rank triples at which no part and no group is lost: exact for all triples, without rebuilding the tensor."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Bool, Float32, Int64

from tensorllm_core.linalg.landscape import Landscape
from tensorllm_core.linalg.pareto import stored_entries
from tensorllm_core.linalg.part_products import PartProducts
from tensorllm_core.linalg.slice_tables import lost_shares
from tensorllm_core.types import Ranks, TensorShape

__all__ = ["MOST_LOST", "ranks_that_keep_slices", "worst_errors"]

MOST_LOST = 0.5
"""Largest relative error of a part or of a group: three quarters of its energy stay.

In SmolLM2-135M, whose attention is grouped, layers then store 1.2 to 1.7 times fewer entries. At 0.7, where half of the
energy of a part is lost, it would be 1.9 to 3 times.
"""


def ranks_that_keep_slices(table: Landscape, most: float = MOST_LOST) -> Ranks:
    """The valid ranks with the fewest stored entries at which every part and group has an error of at most `most`.

    Only ranks that store fewer entries than the tensor count, if there are any. If none of them keeps every slice so
    well, the ones whose worst part or group has the smallest error. Of equals, those with the smallest error of all.
    """
    worst = worst_errors(table.products)
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


def worst_errors(products: PartProducts) -> Float32[np.ndarray, "k1 k2 k3"]:
    """The largest relative error of any part or group at every rank triple; a slice that is zero has none.

    Entry (i, j, k) belongs to the ranks `(i + 1, j + 1, k + 1)`.
    """
    k1, k2, k3, _ = products.core.shape
    worst = np.empty((k1, k2, k3), dtype=np.float32)
    for lost in lost_shares(products):
        largest = torch.maximum(lost.of_parts.amax(dim=2), lost.of_groups.amax(dim=2))
        worst[lost.start : lost.start + len(largest), :, lost.c] = largest.sqrt_().cpu().numpy()
    return worst


def _stored_entries(
    shape: TensorShape, k1: int, k2: int, r3: int
) -> tuple[Int64[np.ndarray, "k1 k2"], Bool[np.ndarray, "k1 k2"]]:
    """What every pair (R1, R2) stores at this R3, and whether a decomposition can have these ranks."""
    group = shape.group
    r1, r2 = np.ogrid[1 : k1 + 1, 1 : k2 + 1]
    possible = (r1 <= r2 * r3 * group) & (r2 <= r1 * r3 * group) & (r3 <= r1 * r2 * group)
    return stored_entries(shape, r1, r2, r3), possible
