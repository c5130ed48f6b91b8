"""Eigenvectors of a symmetric matrix, strongest first; of a large one on the CPU at the speed of matrix products.

LAPACK's `syevd` turns the eigenvectors of the tridiagonal matrix back by 32 Householder reflections at a time, each
block a pass over the whole matrix. Here it is several hundred at a time, in the compact WY form
`I - V T V^T` with `T^-1 = diag(1 / tau) + triu(V^T V, 1)` (Schreiber and Van Loan 1989; Puglisi 1992).
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

__all__ = ["eigenvectors"]

_DOUBLE_UP_TO = 1024
"""Largest side whose eigenvectors are always computed in float64."""
_REFLECTIONS = 256


def eigenvectors(symmetric: Float[Tensor, "side side"]) -> Float[Tensor, "side side"]:
    """Eigenvectors of the matrix whose lower triangle is given, largest eigenvalue first; float64 when it is small.

    >>> eigenvectors(torch.diag(torch.tensor([1.0, 2.0]))).abs().tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    if len(symmetric) <= _DOUBLE_UP_TO:
        symmetric = symmetric.double()
    elif symmetric.device.type == "cpu" and symmetric.dtype is torch.float32:
        found = large_eigenvectors(symmetric)
        if found is not None:
            return found.flip(1)
    return torch.linalg.eigh(symmetric, UPLO="L").eigenvectors.flip(1)


def large_eigenvectors(symmetric: Float[Tensor, "side side"]) -> Float[Tensor, "side side"] | None:
    """Eigenvectors of a float32 matrix on the CPU, smallest eigenvalue first; None where LAPACK finds none."""
    # Needed for large layers alone.
    from scipy.linalg import lapack

    side = len(symmetric)
    # Fortran's order is the transpose of ours, so that the lower triangle is called the upper one there; copied once.
    lower = symmetric.detach().T.contiguous().T.numpy()
    reflections, diagonal, off_diagonal, scales, _ = lapack.ssytrd(lower, lower=1, lwork=64 * side)
    _, tridiagonal, failed = lapack.sstevd(diagonal, off_diagonal)
    if failed:
        return None
    vectors = torch.from_numpy(tridiagonal).contiguous()
    columns, tau = torch.from_numpy(reflections), torch.from_numpy(scales)
    for start in reversed(range(0, side - 1, _REFLECTIONS)):
        _reflect(vectors[start + 1 :], columns[start + 1 :, start : start + _REFLECTIONS], tau[start:])
    return vectors


def _reflect(
    rows: Float[Tensor, "row side"], columns: Float[Tensor, "row reflection"], tau: Float[Tensor, " later"]
) -> None:
    """Apply a block of reflections in place; each one's vector stands below the diagonal, where it is one."""
    count = min(columns.shape[1], len(columns))
    vectors = columns[:, :count].tril(-1)
    vectors.diagonal().fill_(1.0)
    # A reflection of scale zero is none.
    identity = tau[:count] == 0
    vectors[:, identity] = 0.0
    inverse = (vectors.T @ vectors).triu(1)
    inverse.diagonal().copy_(torch.where(identity, 1.0, 1.0 / tau[:count]))
    rows.addmm_(vectors, torch.linalg.solve_triangular(inverse, vectors.T @ rows, upper=True), alpha=-1.0)
