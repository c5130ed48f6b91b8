"""All truncations of one tensor: how many entries each stores, what error it has, and the tensor that it rebuilds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from einops import rearrange
from jaxtyping import Float, Float64, Int64
from torch import Tensor

from tensorllm_core.errors import RankError
from tensorllm_core.linalg.hosvd import Hosvd, hosvd, reconstruct, truncate
from tensorllm_core.linalg.landscape import Landscape, landscape
from tensorllm_core.linalg.rank_choice import check_ranks, pareto_front, rank_limits
from tensorllm_core.linalg.refinement import refine
from tensorllm_core.types import Progress, Ranks, Tucker

__all__ = [
    "TruncationFront",
    "Truncations",
    "TuckerTruncations",
    "as_one_group",
    "check_single_rank",
    "energy_beyond",
    "tucker_truncations",
]


@dataclass(frozen=True, eq=False)
class TruncationFront:
    """The truncations of one tensor that are worth choosing from, in order of rising stored entries.

    `squared_error` is absolute, so that the squared errors of several tensors can be added: it is
    `norm(W - W_hat)^2`, not divided by the norm of W.
    """

    ranks: Int64[np.ndarray, "point mode"]
    stored_entries: Int64[np.ndarray, " point"]
    squared_error: Float64[np.ndarray, " point"]


@runtime_checkable
class Truncations(Protocol):
    """A decomposed tensor, which can be rebuilt at any ranks; there is one rank for each mode that it compresses."""

    @property
    def limits(self) -> tuple[int, ...]:
        """The full ranks."""

    @property
    def entries(self) -> int:
        """Entries of the tensor itself."""

    def check(self, ranks: tuple[int, ...]) -> tuple[int, ...]:
        """The ranks themselves, where they are possible.

        Raises:
            RankError: there are too few or too many ranks, or a rank is below 1 or above what the tensor allows.
        """

    def stored_entries(self, ranks: tuple[int, ...]) -> int:
        """Entries that the truncation stores."""

    def front(self) -> TruncationFront:
        """The truncations that are worth choosing from."""

    def rebuild(self, ranks: tuple[int, ...]) -> Tensor:
        """The approximated tensor, in the shape of the original.

        Raises:
            RankError: as `check`.
        """


@dataclass(frozen=True, eq=False)
class TuckerTruncations:
    """Tucker decompositions of `d_model x d_head x part x group`, refined by at most `sweeps` sweeps of HOOI.

    With a single part there is nothing to compress in mode 3. There are only two ranks then, and no third factor.

    >>> import torch
    >>> truncations = tucker_truncations(torch.ones(6, 3, 1, 2))
    >>> truncations.limits, truncations.stored_entries((1, 1))
    ((6, 3), 11)
    """

    decomposition: Hosvd
    table: Landscape
    sweeps: int = 0

    @property
    def limits(self) -> tuple[int, ...]:
        """The full ranks."""
        return tuple(rank_limits(self.decomposition.shape))[: self._modes]

    @property
    def entries(self) -> int:
        """Entries of the tensor itself."""
        return self.decomposition.shape.entries

    def check(self, ranks: tuple[int, ...]) -> tuple[int, ...]:
        """The ranks themselves, where they are possible.

        Raises:
            RankError: as in `Truncations`.
        """
        check_ranks(self.decomposition.shape, self._all_three(ranks))
        return tuple(ranks)

    def stored_entries(self, ranks: tuple[int, ...]) -> int:
        """Entries of the core and of the factors."""
        return self.decomposition.shape.stored_entries(self._all_three(ranks)) - self._unstored

    def front(self) -> TruncationFront:
        """The Pareto front of the truncated HOSVD."""
        front = pareto_front(self.table)
        ranks = np.stack([front.r1, front.r2, front.r3], axis=1)[:, : self._modes]
        squared_error = (front.relative_error * self.decomposition.norm) ** 2
        return TruncationFront(ranks, front.stored_entries - self._unstored, squared_error)

    def rebuild(self, ranks: tuple[int, ...]) -> Float[Tensor, "d_model d_head part group"]:
        """The approximated tensor.

        Raises:
            RankError: as `check`.
        """
        return reconstruct(self.tucker(ranks))

    def tucker(self, ranks: tuple[int, ...]) -> Tucker:
        """The decomposition at these ranks.

        Raises:
            RankError: as `check`.
        """
        self.check(ranks)
        triple = self._all_three(ranks)
        if self.sweeps:
            return refine(self.decomposition, triple, max_sweeps=self.sweeps).tucker
        return truncate(self.decomposition, triple)

    @property
    def _modes(self) -> int:
        return 2 if self.decomposition.shape.part == 1 else 3

    @property
    def _unstored(self) -> int:
        """Entries of a third factor that need no storage: a 1 x 1 factor is a number, and the core absorbs it."""
        return 1 if self.decomposition.shape.part == 1 else 0

    def _all_three(self, ranks: tuple[int, ...]) -> Ranks:
        _check_number_of_ranks(ranks, self._modes)
        return Ranks(*ranks, *([1] * (3 - self._modes)))


def check_single_rank(ranks: tuple[int, ...], limit: int) -> tuple[int, ...]:
    """The ranks themselves, where there is one rank from 1 to the limit.

    Raises:
        RankError: there is not one rank, or it is below 1 or above the limit.

    >>> check_single_rank((5,), 8)
    (5,)
    """
    _check_number_of_ranks(ranks, 1)
    if not 1 <= ranks[0] <= limit:
        raise RankError(f"Expected a rank from 1 to {limit}, got {ranks[0]}; choose one in these limits.")
    return tuple(ranks)


def _check_number_of_ranks(ranks: tuple[int, ...], modes: int) -> None:
    if len(ranks) != modes:
        names = ",".join(f"R{mode}" for mode in range(1, modes + 1)) if modes > 1 else "R"
        numbers = ",".join(map(str, ranks))
        raise RankError(f"Expected {modes} rank{'s' if modes > 1 else ''}, got `{numbers}`; give {names}.")


def energy_beyond(energy: Float64[np.ndarray, " k"]) -> Float64[np.ndarray, " k_plus_one"]:
    """Entry r is the sum of the energy without its first r entries: what rank r loses.

    >>> energy_beyond(np.array([4.0, 2.0, 1.0])).tolist()
    [7.0, 3.0, 1.0, 0.0]
    """
    return np.append(np.cumsum(energy[::-1])[::-1], 0.0)


def tucker_truncations(
    tensor: Float[Tensor, "d_model d_head part group"], sweeps: int = 0, progress: Progress | None = None
) -> TuckerTruncations:
    """Decompose a tensor at all ranks; each truncation is refined by at most `sweeps` sweeps of HOOI.

    Raises:
        StoppedError: `progress` asked to stop.
    """
    decomposition = hosvd(tensor, progress)
    return TuckerTruncations(decomposition, landscape(decomposition), sweeps)


def as_one_group(stack: Float[Tensor, "rows columns matrix"]) -> Float[Tensor, "rows columns matrix 1"]:
    """A stack of matrices as a tensor with one group.

    >>> import torch
    >>> as_one_group(torch.ones(5, 4, 3)).shape
    torch.Size([5, 4, 3, 1])
    """
    return rearrange(stack, "rows columns matrix -> rows columns matrix 1")
