"""Shrink a matrix to as many cells as a heat map may have; a cell shows the largest magnitude of its block."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float

__all__ = ["MOST_CELLS", "pool", "pooled_caption", "pooled_cells"]

MOST_CELLS = 256
"""Most rows, and most columns, that a heat map draws."""


def pool(
    matrix: Float[np.ndarray, "row column"], most: int = MOST_CELLS
) -> Float[np.ndarray, "small_row small_column"]:
    """The matrix as float32 with at most `most` rows and columns; each cell is its block's largest magnitude, signed.

    >>> pool(np.array([[1.0, -3.0], [2.0, 0.5]]), most=1).tolist()
    [[-3.0]]
    """
    result = np.asarray(matrix, dtype=np.float32)
    for axis in (0, 1):
        if result.shape[axis] > most:
            starts = np.linspace(0, result.shape[axis], most, endpoint=False).astype(int)
            highest = np.maximum.reduceat(result, starts, axis=axis)
            lowest = np.minimum.reduceat(result, starts, axis=axis)
            result = np.where(highest >= -lowest, highest, lowest)
    return result


def pooled_cells(matrix: Float[np.ndarray, "row column"], first: int) -> dict[str, Any]:
    """Settings of a heat map of the pooled matrix, whose axes count its own rows and columns from `first`."""
    rows, columns = matrix.shape
    return {
        "z": pool(matrix),
        "x0": first,
        "y0": first,
        "dx": max(1.0, columns / MOST_CELLS),
        "dy": max(1.0, rows / MOST_CELLS),
    }


def pooled_caption(rows: int, columns: int, most: int = MOST_CELLS) -> str:
    """A sentence on the pooling of a matrix of this size; empty where it is not pooled.

    >>> pooled_caption(128, 16)
    ''
    """
    if max(rows, columns) <= most:
        return ""
    shown = f"{min(rows, most)} x {min(columns, most)}"
    return (
        f"Drawn as {shown} cells; each shows the largest magnitude of its block of the {rows:,} x {columns:,} matrix."
    )
