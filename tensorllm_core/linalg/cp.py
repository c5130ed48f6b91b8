"""CP decomposition of a three-way tensor: a sum of R products of vectors; the alternating least squares are TensorLy's.

Finding the best CP of a rank is hard and the sweeps only find a local optimum, so two starts are tried: the leading
singular vectors of the unfoldings (random ones beyond their number), as TensorLy begins by itself; and the R largest
singular triples of the slices, which is itself a CP, loses nothing at full rank, and so bounds the error of every rank.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from einops import einsum, rearrange
from jaxtyping import Float
from torch import Tensor

from tensorllm_core.errors import RankError, StoppedError
from tensorllm_core.linalg.products import full_precision
from tensorllm_core.linalg.truncations import Front, wrong_number_of_ranks

__all__ = ["Cp", "CpTruncations", "cp_truncations"]

_SWEEPS = 100
_TOLERANCE = 1e-7
_SEED = 0
_DOUBLE_UP_TO = 2**16
"""Largest number of entries that are decomposed in float64; the sweeps are slow, and their error is not in rounding."""

_UNFOLDINGS = tuple(
    f"rows columns matrix -> {side} ({others})"
    for side, others in (("rows", "columns matrix"), ("columns", "rows matrix"), ("matrix", "rows columns"))
)

KeepOn = Callable[[], bool]
"""Called after each sweep; returning False asks to stop."""


@dataclass(frozen=True, eq=False)
class Cp:
    """`T[a, b, c] ~ sum_r A[a, r] B[b, r] C[c, r]`; the lengths of the terms stand in the factors."""

    rows: Float[Tensor, "rows r"]
    columns: Float[Tensor, "columns r"]
    matrices: Float[Tensor, "matrix r"]

    def rebuild(self) -> Float[Tensor, "rows columns matrix"]:
        """The tensor that it stands for."""
        with full_precision():
            return einsum(self.rows, self.columns, self.matrices, "rows r, columns r, matrix r -> rows columns matrix")


@dataclass(frozen=True, eq=False)
class CpTruncations:
    """CP decompositions of a stack of matrices; each rank is computed when it is asked for, and then remembered."""

    tensor: Float[Tensor, "rows columns matrix"]
    keep_on: KeepOn | None = None
    _found: dict[int, Cp] = field(default_factory=dict, repr=False)

    @property
    def limits(self) -> tuple[int, ...]:
        """A rank at which every tensor of this shape can be met exactly: that of its slices one by one."""
        rows, columns, matrices = self.tensor.shape
        return (min(rows, columns) * matrices,)

    @property
    def entries(self) -> int:
        """Entries of the tensor itself."""
        return self.tensor.numel()

    def check(self, ranks: tuple[int, ...]) -> tuple[int, ...]:
        """The rank, when it is possible."""
        if len(ranks) != 1:
            raise wrong_number_of_ranks(ranks, 1)
        if not 1 <= ranks[0] <= self.limits[0]:
            raise RankError(f"Expected a rank from 1 to {self.limits[0]}, got {ranks[0]}; choose one in these limits.")
        return tuple(ranks)

    def stored_entries(self, ranks: tuple[int, ...]) -> int:
        """Entries of the three factors: `R (rows + columns + matrices)`."""
        return ranks[0] * sum(self.tensor.shape)

    def front(self) -> Front:
        """Every rank, with a bound that no CP of the rank can be below: what lies beyond it in an unfolding.

        The errors themselves are known only rank by rank; they do not rise with the rank, which is all that a choice
        within one budget needs.
        """
        ranks = np.arange(1, self.limits[0] + 1)
        beyond = np.zeros(len(ranks))
        for pattern in _UNFOLDINGS[:2]:
            energy = torch.linalg.svdvals(rearrange(self.tensor, pattern)).double().cpu().numpy() ** 2
            tail = np.append(np.cumsum(energy[::-1])[::-1], 0.0)
            beyond = np.maximum(beyond, tail[np.minimum(ranks, len(energy))])
        return Front(ranks[:, None], ranks * sum(self.tensor.shape), beyond)

    def rebuild(self, ranks: tuple[int, ...]) -> Float[Tensor, "rows columns matrix"]:
        """The tensor that the CP decomposition of that rank stands for.

        Raises:
            StoppedError: `keep_on` asked to stop.
        """
        return self.cp(ranks).rebuild()

    def cp(self, ranks: tuple[int, ...]) -> Cp:
        """The decomposition of that rank.

        Raises:
            RankError: as `check`.
            StoppedError: `keep_on` asked to stop.
        """
        (rank,) = self.check(ranks)
        if rank not in self._found:
            self._found[rank] = self._best(rank)
        return self._found[rank]

    def _best(self, rank: int) -> Cp:
        slices = _from_slices(self.tensor, rank)
        swept = (self._swept(start, rank) for start in (slices, _from_unfoldings(self.tensor, rank)))
        found = [slices, *(cp for cp in swept if cp is not None)]
        return min(found, key=lambda cp: float((self.tensor - cp.rebuild()).norm()))

    def _swept(self, start: Cp, rank: int) -> Cp | None:
        """After sweeps of alternating least squares; None where their equations have no single solution."""
        # Imported here: it costs a second, and only this decomposition needs it.
        import tensorly
        from tensorly.cp_tensor import CPTensor
        from tensorly.decomposition import parafac

        stopped = False

        def after_sweep(_found: object, _error: Tensor) -> bool:
            nonlocal stopped
            stopped = self.keep_on is not None and not self.keep_on()
            return stopped

        with tensorly.backend_context("pytorch", local_threadsafe=True), full_precision(), torch.no_grad():
            init = CPTensor((None, [start.rows, start.columns, start.matrices]))
            try:
                _, factors = parafac(
                    self.tensor, rank, n_iter_max=_SWEEPS, init=init, tol=_TOLERANCE, callback=after_sweep
                )
            except RuntimeError as error:
                if "singular" not in str(error):
                    raise
                return None
        if stopped:
            raise StoppedError("The decomposition was stopped before it was done; start it again.")
        return Cp(*factors) if all(bool(factor.isfinite().all()) for factor in factors) else None


def cp_truncations(tensor: Float[Tensor, "rows columns matrix"], keep_on: KeepOn | None = None) -> CpTruncations:
    """Prepare a stack of matrices for CP decompositions, in float32 or better.

    >>> cp_truncations(torch.ones(4, 3, 2)).cp((1,)).rebuild().float().allclose(torch.ones(4, 3, 2))
    True
    """
    wide = tensor.detach().to(torch.float64 if tensor.numel() <= _DOUBLE_UP_TO else torch.float32)
    return CpTruncations(wide, keep_on)


def _from_slices(tensor: Float[Tensor, "rows columns matrix"], rank: int) -> Cp:
    """The largest singular triples of all slices together, each a term of its own slice."""
    u, values, vh = torch.linalg.svd(
        rearrange(tensor, "rows columns matrix -> matrix rows columns"), full_matrices=False
    )
    largest = values.flatten().topk(rank).indices
    slices, triples = largest // values.shape[1], largest % values.shape[1]
    matrices = torch.zeros(tensor.shape[2], rank, dtype=tensor.dtype, device=tensor.device)
    matrices[slices, torch.arange(rank, device=tensor.device)] = values[slices, triples]
    return Cp(u[slices, :, triples].mT, vh[slices, triples].mT, matrices)


def _from_unfoldings(tensor: Float[Tensor, "rows columns matrix"], rank: int) -> Cp:
    """The leading left singular vectors of each unfolding; random columns where there are fewer than the rank."""
    generator = torch.Generator().manual_seed(_SEED)
    factors = []
    for pattern in _UNFOLDINGS:
        unfolding = rearrange(tensor, pattern)
        leading = torch.linalg.svd(unfolding, full_matrices=False).U[:, :rank]
        more = torch.rand(leading.shape[0], rank - leading.shape[1], generator=generator, dtype=torch.float64)
        factors.append(torch.cat([leading, more.to(leading)], dim=1))
    return Cp(*factors)
