"""The truncated SVD of one matrix at every rank (Eckart and Young 1936)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from einops import einsum
from jaxtyping import Float, Float64
from torch import Tensor

from tensorllm_core.errors import RankError
from tensorllm_core.linalg.bases import orthogonal_basis
from tensorllm_core.linalg.products import full_precision
from tensorllm_core.linalg.truncations import TruncationFront, check_single_rank, energy_beyond

__all__ = ["SvdTruncations", "svd_truncations"]

_EXACT_UP_TO = 2**20
"""Largest number of entries of a matrix whose SVD comes from LAPACK in float64."""


@dataclass(frozen=True, eq=False)
class SvdTruncations:
    """`W ~ L R^T`: the singular vectors of one side, and those of the other side times the singular values.

    Rank r stores `r (rows + columns)` entries. `energy` holds the squared singular values, descending, on the CPU.
    """

    left: Float[Tensor, "rows k"]
    right: Float[Tensor, "columns k"]
    energy: Float64[Tensor, " k"]

    @property
    def limits(self) -> tuple[int, ...]:
        """The full rank, as a tuple of one entry."""
        return (len(self.energy),)

    @property
    def entries(self) -> int:
        """Entries of the matrix itself."""
        return self.left.shape[0] * self.right.shape[0]

    def check(self, ranks: tuple[int, ...]) -> tuple[int, ...]:
        """The rank itself, where it is possible.

        Raises:
            RankError: there is not one rank, or it is below 1 or above the full rank.
        """
        return check_single_rank(ranks, self.limits[0])

    def rank_of(self, rho: float) -> int:
        """The rank that is this fraction of the full rank, rounded down, but at least 1.

        Source: LASER (arXiv 2312.13558), which gives ranks as such fractions.

        Raises:
            RankError: the fraction is not above 0, or it is above 1.

        >>> svd_truncations(torch.ones(344, 128)).rank_of(0.1)
        12
        """
        if not 0 < rho <= 1:
            raise RankError(f"Expected a fraction rho above 0 and up to 1, got {rho:g}; give one such as 0.1.")
        # 0.29 of 100 is 29, although `0.29 * 100` is a little less in binary arithmetic.
        return max(1, math.floor(rho * self.limits[0] + 1e-9))

    def stored_entries(self, ranks: tuple[int, ...]) -> int:
        """Entries of both factors."""
        return ranks[0] * (self.left.shape[0] + self.right.shape[0])

    def front(self) -> TruncationFront:
        """Every rank; each loses the energy beyond it."""
        ranks = np.arange(1, self.limits[0] + 1)
        stored = ranks * (self.left.shape[0] + self.right.shape[0])
        return TruncationFront(ranks[:, None], stored, energy_beyond(self.energy.numpy())[1:])

    def rebuild(self, ranks: tuple[int, ...]) -> Float[Tensor, "rows columns"]:
        """The best matrix of that rank."""
        (rank,) = self.check(ranks)
        with full_precision():
            return einsum(self.left[:, :rank], self.right[:, :rank], "rows r, columns r -> rows columns")


def svd_truncations(matrix: Float[Tensor, "rows columns"]) -> SvdTruncations:
    """Decompose a matrix; the factors are on its device, in float32 or float64.

    The SVD of a small matrix comes from LAPACK in float64. For a large one the singular vectors of the shorter side are
    the eigenvectors of the Gram matrix of that side, which is several times faster. The other factor is the matrix
    multiplied by these vectors, so that every truncation is an exact projection.

    >>> svd_truncations(torch.ones(4, 9)).front().squared_error.round(9).tolist()
    [0.0, 0.0, 0.0, 0.0]
    """
    dtype = matrix.dtype if matrix.dtype is torch.float64 else torch.float32
    with torch.no_grad(), full_precision():
        # A small matrix.
        if matrix.numel() <= _EXACT_UP_TO or matrix.device.type == "mps":
            u, values, vh = torch.linalg.svd(matrix.cpu().double(), full_matrices=False)
            factors = ((u * values).to(matrix.device, dtype), vh.mT.contiguous().to(matrix.device, dtype))
            return SvdTruncations(*factors, values.square())
        # A large matrix with more rows than columns: decompose its transpose.
        if matrix.shape[0] > matrix.shape[1]:
            transposed = svd_truncations(matrix.mT.contiguous())
            return SvdTruncations(transposed.right, transposed.left, transposed.energy)
        # A large matrix whose rows are the shorter side.
        precise = matrix.to(dtype)
        left = orthogonal_basis(precise[:, :, None, None], 1)
        right = einsum(precise, left, "rows columns, rows k -> columns k")
        energy, order = right.double().square().sum(0).sort(descending=True)
        return SvdTruncations(left[:, order], right[:, order], energy.cpu())
