"""The CP decomposition of a three-way tensor, a sum of R outer products; by TensorLy's alternating least squares.

The best CP of a rank is hard to find: the sweeps of alternating least squares end in a local optimum. So they run from
two starts, and the better result is kept. The first start holds the leading singular vectors of the unfoldings (random
vectors where there are too few), as TensorLy itself starts. The second start holds the R largest singular triples of
the slices. It is a CP already and loses nothing at full rank, so its error is an upper bound at every rank.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from einops import einsum, rearrange
from jaxtyping import Float
from torch import Tensor

from tensorllm_core.errors import StoppedError
from tensorllm_core.linalg.products import full_precision
from tensorllm_core.linalg.truncations import TruncationFront, check_single_rank, energy_beyond

__all__ = ["Cp", "CpTruncations", "cp_truncations"]

_SWEEPS = 100
"""Most sweeps of alternating least squares from one start."""
_TOLERANCE = 1e-7
"""The sweeps end when the relative error falls by less than this."""
_SEED = 0
"""Seed of the random vectors."""
_DOUBLE_UP_TO = 2**16
"""Largest number of entries of a tensor that is decomposed in float64; sweeps are slow, and rounding matters little."""

_UNFOLDINGS = tuple(
    f"rows columns matrix -> {side} ({others})"
    for side, others in (("rows", "columns matrix"), ("columns", "rows matrix"), ("matrix", "rows columns"))
)

KeepOn = Callable[[], bool]
"""Called after each sweep; returning False asks to stop."""


@dataclass(frozen=True, eq=False)
class Cp:
    """`T[a, b, c] ~ sum_r A[a, r] B[b, r] C[c, r]`; there are no weights beside the three factors."""

    rows: Float[Tensor, "rows r"]
    columns: Float[Tensor, "columns r"]
    matrices: Float[Tensor, "matrix r"]

    def rebuild(self) -> Float[Tensor, "rows columns matrix"]:
        """The approximated tensor."""
        with full_precision():
            return einsum(self.rows, self.columns, self.matrices, "rows r, columns r, matrix r -> rows columns matrix")


@dataclass(frozen=True, eq=False)
class CpTruncations:
    """CP decompositions of a stack of matrices; each rank is computed at its first use, and then remembered."""

    tensor: Float[Tensor, "rows columns matrix"]
    keep_on: KeepOn | None = None
    _by_rank: dict[int, Cp] = field(default_factory=dict, repr=False)

    @property
    def limits(self) -> tuple[int, ...]:
        """A rank at which there is an exact CP of every tensor of this shape: the full ranks of all slices together."""
        rows, columns, matrices = self.tensor.shape
        return (min(rows, columns) * matrices,)

    @property
    def entries(self) -> int:
        """Entries of the tensor itself."""
        return self.tensor.numel()

    def check(self, ranks: tuple[int, ...]) -> tuple[int, ...]:
        """The rank itself, where it is possible.

        Raises:
            RankError: there is not one rank, or it is below 1 or above the full rank.
        """
        return check_single_rank(ranks, self.limits[0])

    def stored_entries(self, ranks: tuple[int, ...]) -> int:
        """Entries of the three factors: `R (rows + columns + matrices)`."""
        return ranks[0] * sum(self.tensor.shape)

    def front(self) -> TruncationFront:
        """Every rank, with a lower bound of its squared error: the energy beyond the rank in an unfolding.

        The errors themselves would need the decomposition of every rank. To choose a rank for one budget the bound is
        enough, because like the error it does not rise with the rank.
        """
        ranks = np.arange(1, self.limits[0] + 1)
        bound = np.zeros(len(ranks))
        for pattern in _UNFOLDINGS[:2]:
            energy = torch.linalg.svdvals(rearrange(self.tensor, pattern)).double().cpu().numpy() ** 2
            bound = np.maximum(bound, energy_beyond(energy)[np.minimum(ranks, len(energy))])
        return TruncationFront(ranks[:, None], ranks * sum(self.tensor.shape), bound)

    def rebuild(self, ranks: tuple[int, ...]) -> Float[Tensor, "rows columns matrix"]:
        """The approximated tensor.

        Raises:
            RankError: as `check`.
            StoppedError: `keep_on` asked to stop.
        """
        return self.cp(ranks).rebuild()

    def cp(self, ranks: tuple[int, ...]) -> Cp:
        """The CP decomposition of this rank.

        Raises:
            RankError: as `check`.
            StoppedError: `keep_on` asked to stop.
        """
        (rank,) = self.check(ranks)
        if rank not in self._by_rank:
            self._by_rank[rank] = self._best(rank)
        return self._by_rank[rank]

    def _best(self, rank: int) -> Cp:
        """The best of the start from the slices and of the results from both starts."""
        slices = _from_slices(self.tensor, rank)
        results = (self._sweep(start, rank) for start in (slices, _from_unfoldings(self.tensor, rank)))
        candidates = [slices, *(cp for cp in results if cp is not None)]
        return min(candidates, key=lambda cp: float((self.tensor - cp.rebuild()).norm()))

    def _sweep(self, start: Cp, rank: int) -> Cp | None:
        """The start after sweeps of alternating least squares; None where their equations have no unique solution."""
        # Imported here, because the import takes a second and only this decomposition needs it.
        import tensorly
        from tensorly.cp_tensor import CPTensor
        from tensorly.decomposition import parafac

        stopped = False

        def after_sweep(_cp: object, _error: Tensor) -> bool:
            nonlocal stopped
            stopped = self.keep_on is not None and not self.keep_on()
            return stopped

        # Sweep. A singular matrix means that the equations have no unique solution.
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
        # An unstable run ends in factors that are not finite, which are no result either.
        return Cp(*factors) if all(bool(factor.isfinite().all()) for factor in factors) else None


def cp_truncations(tensor: Float[Tensor, "rows columns matrix"], keep_on: KeepOn | None = None) -> CpTruncations:
    """The CP decompositions of a stack of matrices, in float32 or float64; nothing is computed yet.

    >>> cp_truncations(torch.ones(4, 3, 2)).cp((1,)).rebuild().float().allclose(torch.ones(4, 3, 2))
    True
    """
    precise = tensor.detach().to(torch.float64 if tensor.numel() <= _DOUBLE_UP_TO else torch.float32)
    return CpTruncations(precise, keep_on)


def _from_slices(tensor: Float[Tensor, "rows columns matrix"], rank: int) -> Cp:
    """The largest singular triples among those of all slices; the term of a triple is zero in the other slices."""
    u, values, vh = torch.linalg.svd(
        rearrange(tensor, "rows columns matrix -> matrix rows columns"), full_matrices=False
    )
    largest = values.flatten().topk(rank).indices
    slices, triples = largest // values.shape[1], largest % values.shape[1]
    matrices = torch.zeros(tensor.shape[2], rank, dtype=tensor.dtype, device=tensor.device)
    matrices[slices, torch.arange(rank, device=tensor.device)] = values[slices, triples]
    return Cp(u[slices, :, triples].mT, vh[slices, triples].mT, matrices)


def _from_unfoldings(tensor: Float[Tensor, "rows columns matrix"], rank: int) -> Cp:
    """The leading left singular vectors of each unfolding; where there are fewer than the rank, random columns too."""
    generator = torch.Generator().manual_seed(_SEED)
    factors = []
    for pattern in _UNFOLDINGS:
        unfolding = rearrange(tensor, pattern)
        leading = torch.linalg.svd(unfolding, full_matrices=False).U[:, :rank]
        random = torch.rand(leading.shape[0], rank - leading.shape[1], generator=generator, dtype=torch.float64)
        factors.append(torch.cat([leading, random.to(leading)], dim=1))
    return Cp(*factors)
