"""Eigenvectors of a symmetric matrix, largest eigenvalue first; of a large one on the CPU faster than LAPACK alone.

LAPACK's `ssytrd` makes the matrix tridiagonal by Householder reflections, and `sstevd` computes the eigenvectors of the
tridiagonal matrix. To go back, all reflections must be applied to these eigenvectors. LAPACK does this for 32
reflections at a time, and each such block is one pass over the whole matrix. Here a block holds `_REFLECTIONS` of them,
in the compact WY form `I - V T V^T` with `T^-1 = diag(1 / tau) + triu(V^T V, 1)` (Schreiber and Van Loan 1989; Puglisi
1992), so that nearly all the work is matrix products.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

__all__ = ["eigenvectors"]

_DOUBLE_UP_TO = 1024
"""Largest side of a matrix whose eigenvectors are always computed in float64."""
_REFLECTIONS = 256
"""How many reflections are applied at a time."""


def eigenvectors(symmetric: Float[Tensor, "side side"]) -> Float[Tensor, "side side"]:
    """Eigenvectors as columns, largest eigenvalue first; float64 where the matrix is small, else in its own dtype.

    Only the lower triangle of the matrix is read.

    >>> eigenvectors(torch.diag(torch.tensor([1.0, 2.0]))).abs().tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    if len(symmetric) <= _DOUBLE_UP_TO:
        symmetric = symmetric.double()
    elif symmetric.device.type == "cpu" and symmetric.dtype is torch.float32:
        vectors = large_eigenvectors(symmetric)
        if vectors is not None:
            return vectors.flip(1)
    return torch.linalg.eigh(symmetric, UPLO="L").eigenvectors.flip(1)


def large_eigenvectors(symmetric: Float[Tensor, "side side"]) -> Float[Tensor, "side side"] | None:
    """Eigenvectors of a float32 matrix on the CPU, smallest eigenvalue first; None where LAPACK finds none."""
    # Imported here, because only large layers need it.
    from scipy.linalg import lapack

    # Make the matrix tridiagonal. LAPACK reads by columns, so the transpose is handed over; it is copied once.
    side = len(symmetric)
    lower = symmetric.detach().T.contiguous().T.numpy()
    reflections, diagonal, off_diagonal, scales, _ = lapack.ssytrd(lower, lower=1, lwork=64 * side)
    # Compute the eigenvectors of the tridiagonal matrix.
    _, tridiagonal, failed = lapack.sstevd(diagonal, off_diagonal)
    if failed:
        return None
    # Apply the reflections, last block first.
    vectors = torch.from_numpy(tridiagonal).contiguous()
    columns, tau = torch.from_numpy(reflections), torch.from_numpy(scales)
    for start in reversed(range(0, side - 1, _REFLECTIONS)):
        _reflect(vectors[start + 1 :], columns[start + 1 :, start : start + _REFLECTIONS], tau[start:])
    return vectors


def _reflect(
    rows: Float[Tensor, "row side"], columns: Float[Tensor, "row reflection"], tau: Float[Tensor, " later"]
) -> None:
    """Apply a block of reflections in place.

    The vector of each reflection stands in its column below the diagonal; its entry on the diagonal is 1 and not
    stored.
    """
    count = min(columns.shape[1], len(columns))
    vectors = columns[:, :count].tril(-1)
    vectors.diagonal().fill_(1.0)
    # A reflection whose scale `tau` is zero is the identity.
    is_identity = tau[:count] == 0
    vectors[:, is_identity] = 0.0
    # The inverse of T; then the rows become `rows - V T V^T rows`.
    inverse = (vectors.T @ vectors).triu(1)
    inverse.diagonal().copy_(torch.where(is_identity, 1.0, 1.0 / tau[:count]))
    rows.addmm_(vectors, torch.linalg.solve_triangular(inverse, vectors.T @ rows, upper=True), alpha=-1.0)
