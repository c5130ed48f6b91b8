"""A better subspace for the rows of a matrix, from one that is good already; it never keeps less energy.

Where the matrix has a short side the best subspace is computed exactly, from the Gram matrix of that
side. Otherwise the start is widened by one step of block Krylov iteration and the best part of the
wider space is taken (Rayleigh-Ritz), or, when the wanted subspace is itself wide, one step of
orthogonal iteration is made. Both keep at least the energy that the start keeps: the wider space holds
the start; and the energy is a convex function of the directions, which such a step never lowers.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from tensorllm_core.linalg.bases import eigenvectors
from tensorllm_core.linalg.products import row_products

__all__ = ["better_subspace"]

_EXACT_UP_TO = 512
"""Length of the shorter side up to which the best subspace is computed exactly."""


def better_subspace(matrix: Float[Tensor, "row column"], start: Float[Tensor, "row r"]) -> Float[Tensor, "row r"]:
    """Orthonormal directions that keep at least as much of the matrix as the orthonormal `start`.

    r is at most the number of columns.

    >>> better_subspace(torch.diag(torch.tensor([1.0, 3.0])), torch.tensor([[1.0], [0.0]])).abs().tolist()
    [[0.0], [1.0]]
    """
    rows, columns = matrix.shape
    rank = start.shape[1]
    if rows <= min(columns, _EXACT_UP_TO):
        return _strongest(matrix, rank)
    if columns <= _EXACT_UP_TO:
        return torch.linalg.qr(matrix @ _strongest(matrix.T, rank)).Q
    step = matrix @ (matrix.T @ start)
    if 4 * rank > min(rows, columns):
        return torch.linalg.qr(step).Q
    wider = torch.linalg.qr(torch.cat([start, step - start @ (start.T @ step)], dim=1)).Q
    return wider @ _strongest(wider.T @ matrix, rank)


def _strongest(matrix: Float[Tensor, "row column"], rank: int) -> Float[Tensor, "row rank"]:
    return eigenvectors(row_products(matrix, matrix))[:, :rank].to(matrix.dtype)
