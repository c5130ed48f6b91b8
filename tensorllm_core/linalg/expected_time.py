"""How long a decomposition will take here: its work is counted, and one small piece of each kind of work is timed once.

Nearly all the work is in products of matrices and in the eigenvectors of one large matrix. On a CPU the time of the
eigenvectors grows with the cube of the side. On other devices it goes into steps, one or more for each column, which
hardly use the device: it grows about with the square.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import torch

from tensorllm_core.linalg.eigenvectors import eigenvectors, large_eigenvectors
from tensorllm_core.linalg.hosvd import DOUBLE_UP_TO
from tensorllm_core.linalg.products import full_precision, row_products
from tensorllm_core.linalg.time_and_memory import timed
from tensorllm_core.types import TensorShape

__all__ = ["Rates", "expected_seconds", "rates_of"]

_ROWS, _COLUMNS, _LENGTH = 256, 2048, 4096
"""The product of matrices that is timed."""
_SIDE = 1100
"""Side of the matrix whose eigenvectors are timed: just so large that they are computed as those of a larger one."""


class Rates(NamedTuple):
    """How fast a device is."""

    products: float
    """Multiplications a second in a product of float32 matrices."""
    eigenvectors: float
    """Seconds for the eigenvectors of a float32 matrix with `_SIDE` rows."""
    growth: int
    """The power of the side with which the seconds of the eigenvectors grow."""


def expected_seconds(shape: TensorShape, rates: Rates) -> float:
    """Seconds that `hosvd` of a tensor of this shape takes, to about a factor of two.

    >>> round(expected_seconds(TensorShape(4096, 128, 4, 32), Rates(8e10, 0.08, 3)), 1)
    9.7
    """
    columns = shape.entries // shape.d_model
    # Mode 1: half of a Gram matrix and the core. Modes 2 and 3: a Gram matrix and a product each.
    for_each_entry = 1.5 * min(shape.d_model, columns) + 2 * (shape.d_head + shape.part * shape.group)
    products = for_each_entry * shape.entries / rates.products
    of_mode_1 = rates.eigenvectors * (min(shape.d_model, columns) / _SIDE) ** rates.growth
    # Half as fast in float64.
    return (products + of_mode_1) * (2 if shape.entries <= DOUBLE_UP_TO else 1)


@cache
def rates_of(device: str) -> Rates:
    """How fast this device is now; measured once, in a fraction of a second."""
    generator = torch.Generator().manual_seed(0)
    left, right = (torch.randn(rows, _LENGTH, generator=generator).to(device) for rows in (_ROWS, _COLUMNS))
    symmetric = row_products(right[:_SIDE], right[:_SIDE])
    with torch.no_grad(), full_precision():
        # Load the libraries first.
        row_products(left, right)
        large_eigenvectors(symmetric[:2, :2].cpu())
        eigenvectors(symmetric[:2, :2])
        # The quickest counts, as others may use the machine.
        of_products = min(timed(lambda: row_products(left, right), device)[1] for _ in range(3))
        of_eigenvectors = timed(lambda: eigenvectors(symmetric), device)[1]
    return Rates(_ROWS * right.numel() / of_products, of_eigenvectors, 3 if device == "cpu" else 2)
