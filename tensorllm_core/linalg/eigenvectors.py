"""Eigenvectors of a symmetric matrix, largest eigenvalue first; of a large one on the CPU faster than LAPACK alone.

LAPACK makes the matrix tridiagonal by Householder reflections, and computes the eigenvectors of the tridiagonal matrix
by divide and conquer (`linalg/lapack.py`). To go back, all reflections must be applied to these eigenvectors. LAPACK
does this for 32 reflections at a time, and each such block is one pass over the whole matrix. Here a block holds
`_REFLECTIONS` of them, in the compact WY form `I - V T V^T` with `T^-1 = diag(1 / tau) + triu(V^T V, 1)` (Schreiber and
Van Loan 1989; Puglisi 1992), so that nearly all the work is matrix products.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from tensorllm_core.linalg.lapack import tridiagonal_eigenvectors, tridiagonal_form

__all__ = ["eigenvectors"]

_DOUBLE_UP_TO = 1024
"""Largest side of a matrix whose eigenvectors are always computed in float64."""
_REFLECTIONS = 256
"""How many reflections are applied at a time."""
_TRIDIAGONAL, _ITS_EIGENVECTORS = 0.4, 0.6
"""The share of the work on a large matrix that is done when it is tridiagonal, and when that one is decomposed."""

Report = Callable[[float], None]
"""Called with the share of the work that is done, 0 to 1; what it raises ends the work."""


def eigenvectors(
    symmetric: Float[Tensor, "side side"], report: Report = lambda share: None
) -> Float[Tensor, "side side"]:
    """Eigenvectors as columns, largest eigenvalue first; float64 where the matrix is small, else in its own dtype.

    Only the lower triangle of the matrix is read. Only the way of a large float32 matrix on the CPU has reports.

    >>> eigenvectors(torch.diag(torch.tensor([1.0, 2.0]))).abs().tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    if len(symmetric) <= _DOUBLE_UP_TO:
        symmetric = symmetric.double()
    elif symmetric.device.type == "cpu" and symmetric.dtype is torch.float32:
        vectors = large_eigenvectors(symmetric, report)
        if vectors is not None:
            return vectors.flip(1)
    return torch.linalg.eigh(symmetric, UPLO="L").eigenvectors.flip(1)


def large_eigenvectors(
    symmetric: Float[Tensor, "side side"], report: Report = lambda share: None
) -> Float[Tensor, "side side"] | None:
    """Eigenvectors of a float32 matrix on the CPU, smallest eigenvalue first; None where LAPACK finds none."""
    # Make the matrix tridiagonal. LAPACK reads by columns, so the transpose is handed over; it is copied once.
    side = len(symmetric)
    reflections = symmetric.detach().T.contiguous().T.numpy()
    diagonal, off_diagonal, scales = tridiagonal_form(reflections, lambda share: report(_TRIDIAGONAL * share))
    # Compute the eigenvectors of the tridiagonal matrix.
    tridiagonal = tridiagonal_eigenvectors(diagonal, off_diagonal)
    if tridiagonal is None:
        return None
    report(_ITS_EIGENVECTORS)
    # Apply the reflections, last block first.
    vectors = torch.from_numpy(tridiagonal).contiguous()
    columns, tau = torch.from_numpy(reflections), torch.from_numpy(scales)
    for start in reversed(range(0, side - 1, _REFLECTIONS)):
        _reflect(vectors[start + 1 :], columns[start + 1 :, start : start + _REFLECTIONS], tau[start:])
        report(1.0 - (1.0 - _ITS_EIGENVECTORS) * start / side)
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
