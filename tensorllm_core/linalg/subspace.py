"""From a good subspace of the columns of a matrix to a better one, which never keeps less energy of the matrix.

There are three ways:

- The shorter side of the matrix is short: its Gram matrix gives the best subspace exactly.
- Both sides are long and few directions are needed: two steps of block Krylov iteration widen the given subspace, and
  the best part of the wider subspace is the answer (Rayleigh-Ritz). The wider subspace holds the given one, so it
  keeps at least as much energy.
- Both sides are long and many directions are needed: one step of orthogonal iteration. The energy that is kept is a
  convex function of the directions, which such a step never lowers.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from tensorllm_core.linalg.eigenvectors import Report, eigenvectors
from tensorllm_core.linalg.products import as_rows, row_products

__all__ = [
    "better_subspace",
    "first_subspace",
    "has_few_directions",
    "orthonormalised",
    "strongest_subspace",
    "widened_subspace",
]

_SHORT = 512
"""Up to this length of the shorter side the exact answer costs nearly nothing."""
_MODERATE = 1024
"""Up to this length of the shorter side the exact answer is worth its cost when many directions are needed."""
_LEAST_CONDITION = 1e-4
"""Least ratio of the smallest to the largest diagonal entry of a Cholesky factor that is accurate enough."""
_KRYLOV_STEPS = 2
"""One step is slow where the singular values are nearly equal; two are in practice as good as the exact answer."""


def strongest_subspace(matrix: Float[Tensor, "row column"], rank: int) -> Float[Tensor, "row rank"]:
    """The orthonormal directions that keep the most energy of the matrix; rank is at most the number of columns.

    >>> strongest_subspace(torch.tensor([[1.0], [0.0], [0.0]]), 1).abs().tolist()
    [[1.0], [0.0], [0.0]]
    """
    rows, columns = matrix.shape
    if rows <= columns:
        return eigenvectors(row_products(matrix, matrix))[:, :rank].to(matrix.dtype)
    return torch.linalg.qr(matrix @ strongest_subspace(matrix.T, rank)).Q


def better_subspace(matrix: Float[Tensor, "row column"], start: Float[Tensor, "row r"]) -> Float[Tensor, "row r"]:
    """Orthonormal directions that keep at least as much energy of the matrix as the orthonormal `start`.

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
    wider, projection = widened_subspace(matrix, as_rows(matrix.T), start, _KRYLOV_STEPS)
    # The best part of the wider subspace.
    best = strongest_subspace(projection, rank)
    # As orthonormal as the precision allows, because the kept energy is computed from it.
    return orthonormalised(wider @ best)


def widened_subspace(
    matrix: Float[Tensor, "row column"],
    transposed: Float[Tensor, "column row"],
    start: Float[Tensor, "row r"],
    steps: int,
    report: Report = lambda share: None,
) -> tuple[Float[Tensor, "row wide"], Float[Tensor, "wide column"]]:
    """The subspace of block Krylov iteration, and the matrix projected on it; wide = r (steps + 1).

    Args:
        transposed: the matrix transposed, in the memory order that is fastest for several products.
        start: orthonormal directions, with which the orthonormal answer begins.
        report: gets the share that is done; what it raises ends the work.
    """
    # Project the matrix on the start.
    wider = start
    projection = row_products(start.T, transposed)
    projections = [projection]
    for step in range(steps):
        report((2 * step + 1) / (2 * steps + 1))
        # Multiply the last projection by the matrix: these directions are new.
        added = row_products(projection, matrix).T
        # Make them orthogonal to the subspace so far. Twice, because rounding leaves a rest the first time.
        for _ in range(2):
            added = orthonormalised(added - wider @ (wider.T @ added))
        report((2 * step + 2) / (2 * steps + 1))
        wider = torch.cat([wider, added], dim=1)
        projection = row_products(added.T, transposed)
        projections.append(projection)
    report(1.0)
    return wider, torch.cat(projections)


def orthonormalised(columns: Float[Tensor, "row r"]) -> Float[Tensor, "row r"]:
    """An orthonormal basis of the columns: by Cholesky of their float64 Gram matrix, else by Householder's QR.

    >>> orthonormalised(torch.tensor([[3.0], [4.0]])).tolist()
    [[0.6000000238418579], [0.800000011920929]]
    """
    columns64 = columns.double()
    triangle, failed = torch.linalg.cholesky_ex(columns64.T @ columns64, upper=True)
    diagonal = triangle.diagonal()
    # Nearly dependent columns: their Gram matrix is not accurate enough.
    if bool(failed) or float(diagonal.min()) < _LEAST_CONDITION * float(diagonal.max()):
        return torch.linalg.qr(columns).Q
    return torch.linalg.solve_triangular(triangle, columns64, upper=True, left=False).to(columns.dtype)


def has_few_directions(matrix: Float[Tensor, "row column"], rank: int) -> bool:
    """Whether a subspace that is widened from this many directions stays small compared to the matrix."""
    return 2 * (_KRYLOV_STEPS + 1) * rank <= min(matrix.shape)


def first_subspace(unfolding: Float[Tensor, "k1 column"], start: Float[Tensor, "k1 r1"]) -> Float[Tensor, "k1 r1"]:
    """With few directions a better subspace is nearly the best one; with many the best one is worth its cost once."""
    if has_few_directions(unfolding, start.shape[1]):
        return better_subspace(unfolding, start)
    return strongest_subspace(unfolding, start.shape[1])
