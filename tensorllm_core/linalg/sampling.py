"""What a picture of a large layer needs: ranks that the eye can tell apart, and the strongest entries of a core."""

from __future__ import annotations

import math

import numpy as np
import torch
from einops import rearrange, reduce
from jaxtyping import Float, Int64
from torch import Tensor

__all__ = ["rank_grid", "strongest_entries"]


def rank_grid(count: int, most: int) -> Int64[np.ndarray, " rank"]:
    """At most `most` ranks from 1 to `count`: all small ones, then ever fewer, at even distances in the logarithm.

    >>> rank_grid(5, 8).tolist()
    [1, 2, 3, 4, 5]
    >>> rank_grid(100, 12).tolist()
    [1, 2, 3, 4, 6, 10, 14, 21, 31, 46, 68, 100]
    """
    if count <= most:
        return np.arange(1, count + 1)
    # From rank m on, each rank is a factor of about 1 + 1 / m above the one before: there the steps change from 1.
    exact = 1
    while exact + 1 < most and (exact + 1) * (1 + math.log(count / (exact + 1))) <= most:
        exact += 1
    above = np.geomspace(exact, count, most - exact + 1)[1:]
    # Every step is at least 1, so that no two ranks are rounded to the same one.
    ranks = np.concatenate([np.arange(1, exact + 1), above.round().astype(np.int64)])
    return np.unique(ranks)


def strongest_entries(
    core: Float[Tensor, "k1 k2 k3 group"], rows: Int64[np.ndarray, " n1"], columns: Int64[np.ndarray, " n2"]
) -> Float[Tensor, "n1 n2 k3 group"]:
    """For every cell of a coarser grid and every group, the entries of the core at the cell's strongest place.

    That is the place (a, b) with the most energy over all k3 slices. So what a cell shows is an entry of the core
    itself, and what follows from it (the core of one part) is too.

    Args:
        rows: the last row of each cell, counted from 1 and rising, as `rank_grid` gives them.
        columns: the same of columns.

    >>> core = torch.arange(8.0).reshape(4, 2, 1, 1)
    >>> strongest_entries(core, np.array([1, 4]), np.array([2])).flatten().tolist()
    [1.0, 7.0]
    """
    # First the strongest row of each column in each band of rows, then of these the strongest column.
    bands = [_strongest(band) for band in _split(core, rows)]
    across = rearrange(torch.stack(bands), "row column c group -> column row c group")
    cells = [_strongest(band) for band in _split(across, columns)]
    return rearrange(torch.stack(cells), "column row c group -> row column c group")


def _split(core: Float[Tensor, "rows columns k3 group"], last: Int64[np.ndarray, " n"]) -> tuple[Tensor, ...]:
    return core.split(np.diff(last, prepend=0).tolist())


def _strongest(band: Float[Tensor, "rows columns k3 group"]) -> Float[Tensor, "columns k3 group"]:
    if len(band) == 1:
        return band[0]
    energy = reduce(band.square(), "row column c group -> row column group", "sum")
    place = energy.argmax(dim=0)
    return torch.take_along_dim(band, rearrange(place, "column group -> 1 column 1 group"), dim=0)[0]
