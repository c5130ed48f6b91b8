"""A better subspace for the rows of a matrix, from one that is good already; it never keeps less energy.

A short matrix gives the best subspace exactly, by the Gram matrix of its shorter side. For a long one and
few directions the start is widened by two steps of block Krylov iteration and the best part of the wider
space is taken (Rayleigh-Ritz); it keeps at least as much as the start, which it holds. For a long one and
many directions one step of orthogonal iteration is made; the kept energy is a convex function of the
directions, which such a step never lowers.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from tensorllm_core.linalg.products import as_rows, row_products
from tensorllm_core.linalg.symmetric import eigenvectors

__all__ = ["better_subspace", "has_few_directions", "orthonormalised", "strongest_subspace"]

_SHORT = 512
"""Length of the shorter side up to which the exact answer costs next to nothing."""
_MODERATE = 1024
"""Length up to which it is worth its price when many directions are wanted."""
_CONDITIONED = 1e-4
_KRYLOV_STEPS = 2
"""With one step the iteration crawls where the spectrum is flat; with two it is as good as exact in practice."""


def strongest_subspace(matrix: Float[Tensor, "row column"], rank: int) -> Float[Tensor, "row rank"]:
    """The orthonormal directions that keep the most of the matrix; rank is at most the number of columns.

    >>> strongest_subspace(torch.tensor([[1.0], [0.0], [0.0]]), 1).abs().tolist()
    [[1.0], [0.0], [0.0]]
    """
    rows, columns = matrix.shape
    if rows <= columns:
        return eigenvectors(row_products(matrix, matrix))[:, :rank].to(matrix.dtype)
    return torch.linalg.qr(matrix @ strongest_subspace(matrix.T, rank)).Q


def better_subspace(matrix: Float[Tensor, "row column"], start: Float[Tensor, "row r"]) -> Float[Tensor, "row r"]:
    """Orthonormal directions that keep at least as much of the matrix as the orthonormal `start`.

    r is at most the number of columns.

    >>> better_subspace(torch.diag(torch.tensor([1.0, 3.0])), torch.tensor([[1.0], [0.0]])).abs().tolist()
    [[0.0], [1.0]]
    """
    rank = start.shape[1]
    few = has_few_directions(matrix, rank)
    if min(matrix.shape) <= (_SHORT if few else _MODERATE):
        return strongest_subspace(matrix, rank)
    if not few:
        return torch.linalg.qr(matrix @ (matrix.T @ start)).Q
    transposed = as_rows(matrix.T)
    wider = newest = start
    projected = row_products(start.T, transposed)
    projections = [projected]
    for _ in range(_KRYLOV_STEPS):
        newest = row_products(projected, matrix).T
        for _ in range(2):
            # Twice, for what rounding has left of the wider space the first time.
            newest = orthonormalised(newest - wider @ (wider.T @ newest))
        wider = torch.cat([wider, newest], dim=1)
        projected = row_products(newest.T, transposed)
        projections.append(projected)
    best = strongest_subspace(torch.cat(projections), rank)
    # Orthonormal to the last bit that the precision has, so that the kept energy is what it seems.
    return orthonormalised(wider @ best)


def orthonormalised(columns: Float[Tensor, "row r"]) -> Float[Tensor, "row r"]:
    """An orthonormal basis of the columns: by Cholesky of their float64 Gram matrix, else by Householder's QR.

    >>> orthonormalised(torch.tensor([[3.0], [4.0]])).tolist()
    [[0.6000000238418579], [0.800000011920929]]
    """
    columns64 = columns.double()
    triangle, failed = torch.linalg.cholesky_ex(columns64.T @ columns64, upper=True)
    diagonal = triangle.diagonal()
    # Beyond this condition number the Gram matrix has lost what orthonormal columns need.
    if bool(failed) or float(diagonal.min()) < _CONDITIONED * float(diagonal.max()):
        return torch.linalg.qr(columns).Q
    return torch.linalg.solve_triangular(triangle, columns64, upper=True, left=False).to(columns.dtype)


def has_few_directions(matrix: Float[Tensor, "row column"], rank: int) -> bool:
    """Whether the space widened from so many directions stays small beside the matrix."""
    return 2 * (_KRYLOV_STEPS + 1) * rank <= min(matrix.shape)
