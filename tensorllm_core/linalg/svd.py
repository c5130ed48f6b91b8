"""Truncated SVD of one matrix at every rank (Eckart and Young 1936)."""

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
from tensorllm_core.linalg.truncations import Front, wrong_number_of_ranks

__all__ = ["SvdTruncations", "svd_truncations"]

_EXACT_UP_TO = 2**20
"""Largest number of entries that go through LAPACK in float64."""


@dataclass(frozen=True, eq=False)
class SvdTruncations:
    """`W ~ L R^T`, the singular vectors of one side and, times the singular values, those of the other.

    A rank r stores `r (rows + columns)` entries. `energy` holds the squared singular values, descending, on the CPU.
    """

    left: Float[Tensor, "rows k"]
    right: Float[Tensor, "columns k"]
    energy: Float64[Tensor, " k"]

    @property
    def limits(self) -> tuple[int, ...]:
        """The full rank, alone."""
        return (len(self.energy),)

    @property
    def entries(self) -> int:
        """Entries of the matrix itself."""
        return self.left.shape[0] * self.right.shape[0]

    def check(self, ranks: tuple[int, ...]) -> tuple[int, ...]:
        """The rank, when it is possible."""
        if len(ranks) != 1:
            raise wrong_number_of_ranks(ranks, 1)
        if not 1 <= ranks[0] <= self.limits[0]:
            raise RankError(f"Expected a rank from 1 to {self.limits[0]}, got {ranks[0]}; choose one in these limits.")
        return tuple(ranks)

    def rank_of(self, rho: float) -> int:
        """The rank that is this fraction of the full rank, rounded down, but at least 1.

        Source: LASER (arXiv 2312.13558), which names ranks so.

        Raises:
            RankError: a fraction outside 0 to 1.

        >>> svd_truncations(torch.ones(344, 128)).rank_of(0.1)
        12
        """
        if not 0 < rho <= 1:
            raise RankError(f"Expected a fraction rho above 0 and up to 1, got {rho:g}; give one such as 0.1.")
        # A tenth of 30 is 3, although 0.1 * 30 is a little less in binary.
        return max(1, math.floor(rho * self.limits[0] + 1e-9))

    def stored_entries(self, ranks: tuple[int, ...]) -> int:
        """Entries of both factors."""
        return ranks[0] * (self.left.shape[0] + self.right.shape[0])

    def front(self) -> Front:
        """Every rank."""
        ranks = np.arange(1, self.limits[0] + 1)
        energy = self.energy.numpy()
        beyond = np.append(np.cumsum(energy[::-1])[::-1][1:], 0.0)
        return Front(ranks[:, None], ranks * (self.left.shape[0] + self.right.shape[0]), beyond)

    def rebuild(self, ranks: tuple[int, ...]) -> Float[Tensor, "rows columns"]:
        """The best matrix of that rank."""
        (rank,) = self.check(ranks)
        with full_precision():
            return einsum(self.left[:, :rank], self.right[:, :rank], "rows r, columns r -> rows columns")


def svd_truncations(matrix: Float[Tensor, "rows columns"]) -> SvdTruncations:
    """Decompose a matrix; the factors have its device, in float32 or better.

    A small matrix goes through LAPACK in float64. Of a large one the singular vectors of the shorter side are the
    eigenvectors of its Gram matrix, several times faster; the other factor is the matrix as seen from them, so that
    every truncation is an exact projection.

    >>> svd_truncations(torch.ones(4, 9)).front().squared_error.round(9).tolist()
    [0.0, 0.0, 0.0, 0.0]
    """
    dtype = matrix.dtype if matrix.dtype is torch.float64 else torch.float32
    with torch.no_grad(), full_precision():
        if matrix.numel() <= _EXACT_UP_TO or matrix.device.type == "mps":
            u, values, vh = torch.linalg.svd(matrix.cpu().double(), full_matrices=False)
            factors = ((u * values).to(matrix.device, dtype), vh.mT.contiguous().to(matrix.device, dtype))
            return SvdTruncations(*factors, values.square())
        if matrix.shape[0] > matrix.shape[1]:
            turned = svd_truncations(matrix.mT.contiguous())
            return SvdTruncations(turned.right, turned.left, turned.energy)
        wide = matrix.to(dtype)
        left = orthogonal_basis(wide[:, :, None, None], 1)
        right = einsum(wide, left, "rows columns, rows k -> columns k")
        energy, order = right.double().square().sum(0).sort(descending=True)
        return SvdTruncations(left[:, order], right[:, order], energy.cpu())
