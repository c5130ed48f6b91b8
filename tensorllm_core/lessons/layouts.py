"""How the layouts `paper` and `released-code` cut one small stored matrix into heads, entry by entry.

PyTorch stores a projection (output, input). The paper (arXiv 2501.15674, Eq. 7-8) cuts it where the heads are: at
the output of Q, K and V, at the input of O. The authors' released code calls `view(hidden, heads, head_dim)` on
the stored Q, K and V and on O transposed, so it cuts at the other end.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from tensorllm_core.errors import LayoutError
from tensorllm_core.types import Layout

__all__ = ["HeadCut", "cut_into_heads"]

_PARTS = ("Q", "K", "V", "O")


@dataclass(frozen=True, eq=False)
class HeadCut:
    """A stored matrix with its entries numbered row by row, and where in the tensor each entry goes."""

    number: Int[np.ndarray, "output input"]
    head: Int[np.ndarray, "output input"]
    d_model: Int[np.ndarray, "output input"]
    d_head: Int[np.ndarray, "output input"]


def cut_into_heads(layout: Layout, part: str = "Q", *, heads: int = 3, d_head: int = 2) -> HeadCut:
    """Where a projection's (output, input) matrix of heads x d_head on each side goes in that layout.

    Raises:
        LayoutError: the part is none of Q, K, V and O.

    >>> cut_into_heads(Layout.PAPER).head[:, 0].tolist()
    [0, 0, 1, 1, 2, 2]
    >>> cut_into_heads(Layout.RELEASED_CODE).head[0].tolist()
    [0, 0, 1, 1, 2, 2]
    """
    if part not in _PARTS:
        raise LayoutError(f"Expected the part to be Q, K, V or O, got `{part}`; choose one of them.")
    width = heads * d_head
    row, column = np.indices((width, width))
    cut_at_output = (layout is Layout.PAPER) != (part == "O")
    cut, whole = (row, column) if cut_at_output else (column, row)
    return HeadCut(row * width + column, cut // d_head, whole, cut % d_head)
