"""All truncations of one tensor: what each stores and loses, and the tensor that it gives back."""

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
    "Front",
    "Truncations",
    "TuckerTruncations",
    "as_one_group",
    "tucker_truncations",
    "wrong_number_of_ranks",
]


@dataclass(frozen=True, eq=False)
class Front:
    """Truncations that no other beats in both stored entries and error; ascending stored entries.

    `squared_error` is absolute: the squared norm of what is lost.
    """

    ranks: Int64[np.ndarray, "point mode"]
    stored_entries: Int64[np.ndarray, " point"]
    squared_error: Float64[np.ndarray, " point"]


@runtime_checkable
class Truncations(Protocol):
    """A decomposed tensor at any ranks; one rank for each mode that it compresses."""

    @property
    def limits(self) -> tuple[int, ...]:
        """The full ranks."""

    @property
    def entries(self) -> int:
        """Entries of the tensor itself."""

    def check(self, ranks: tuple[int, ...]) -> tuple[int, ...]:
        """The ranks, when they are possible.

        Raises:
            RankError: another number of ranks, one below 1, or beyond what the tensor allows.
        """

    def stored_entries(self, ranks: tuple[int, ...]) -> int:
        """Entries that the truncation stores."""

    def front(self) -> Front:
        """What is worth choosing from."""

    def rebuild(self, ranks: tuple[int, ...]) -> Tensor:
        """The tensor that the truncation stands for, in the shape of the original.

        Raises:
            RankError: as `check`.
        """


@dataclass(frozen=True, eq=False)
class TuckerTruncations:
    """Tucker decompositions of `d_model x d_head x part x group`, refined by at most `sweeps` sweeps of HOOI.

    With a single part there is nothing to compress in mode 3: then there are two ranks, and no third factor is stored.

    >>> import torch
    >>> found = tucker_truncations(torch.ones(6, 3, 1, 2))
    >>> found.limits, found.stored_entries((1, 1))
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
        """The ranks, when they are possible."""
        check_ranks(self.decomposition.shape, self._all_three(ranks))
        return tuple(ranks)

    def stored_entries(self, ranks: tuple[int, ...]) -> int:
        """Entries of the core and of the factors."""
        return self.decomposition.shape.stored_entries(self._all_three(ranks)) - self._unstored

    def front(self) -> Front:
        """The Pareto front of the truncated HOSVD."""
        found = pareto_front(self.table)
        ranks = np.stack([found.r1, found.r2, found.r3], axis=1)[:, : self._modes]
        squared = (found.relative_error * self.decomposition.norm) ** 2
        return Front(ranks, found.stored_entries - self._unstored, squared)

    def rebuild(self, ranks: tuple[int, ...]) -> Float[Tensor, "d_model d_head part group"]:
        """The tensor that the decomposition stands for."""
        return reconstruct(self.tucker(ranks))

    def tucker(self, ranks: tuple[int, ...]) -> Tucker:
        """The decomposition at these ranks.

        Raises:
            RankError: as `check`.
        """
        self.check(ranks)
        wanted = self._all_three(ranks)
        if self.sweeps:
            return refine(self.decomposition, wanted, max_sweeps=self.sweeps).tucker
        return truncate(self.decomposition, wanted)

    @property
    def _modes(self) -> int:
        return 2 if self.decomposition.shape.part == 1 else 3

    @property
    def _unstored(self) -> int:
        """A third factor of 1 x 1 is a number, which the core takes in."""
        return 1 if self.decomposition.shape.part == 1 else 0

    def _all_three(self, ranks: tuple[int, ...]) -> Ranks:
        if len(ranks) != self._modes:
            raise wrong_number_of_ranks(ranks, self._modes)
        return Ranks(*ranks, *([1] * (3 - self._modes)))


def wrong_number_of_ranks(ranks: tuple[int, ...], modes: int) -> RankError:
    """The error for too few or too many ranks."""
    names = ",".join(f"R{mode}" for mode in range(1, modes + 1)) if modes > 1 else "R"
    came = ",".join(map(str, ranks))
    return RankError(f"Expected {modes} rank{'s' if modes > 1 else ''} here, got `{came}`; give {names}.")


def tucker_truncations(
    tensor: Float[Tensor, "d_model d_head part group"], sweeps: int = 0, progress: Progress | None = None
) -> TuckerTruncations:
    """Decompose a tensor at all ranks.

    Raises:
        StoppedError: `progress` asked to stop.
    """
    decomposition = hosvd(tensor, progress)
    return TuckerTruncations(decomposition, landscape(decomposition), sweeps)


def as_one_group(stack: Float[Tensor, "rows columns matrix"]) -> Float[Tensor, "rows columns matrix 1"]:
    """A stack of whole matrices as a tensor whose group mode has one entry.

    >>> import torch
    >>> as_one_group(torch.ones(5, 4, 3)).shape
    torch.Size([5, 4, 3, 1])
    """
    return rearrange(stack, "rows columns matrix -> rows columns matrix 1")
