"""The error of every rank triple at once, for the whole tensor and for each part and group.

With orthonormal bases the squared error of a truncation is the energy of the core outside the block that is kept (De
Lathauwer et al. 2000). So cumulative sums of the squared core hold the errors of all truncations.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64

from tensorllm_core.errors import RankError
from tensorllm_core.linalg.hosvd import Hosvd
from tensorllm_core.linalg.part_products import PartProducts, part_products
from tensorllm_core.linalg.products import group_energy
from tensorllm_core.types import Ranks, TensorShape

__all__ = ["ErrorBounds", "Landscape", "check_ranks_within", "landscape"]


@dataclass(frozen=True)
class ErrorBounds:
    """An interval that holds the relative error of the best Tucker decomposition at some ranks."""

    lower: float
    upper: float


@dataclass(frozen=True, eq=False)
class Landscape:
    """The relative errors of all truncations of one tensor; a look-up takes equally long for a tensor of any size."""

    shape: TensorShape
    table: Float64[np.ndarray, "k1 k2 k3"]
    """Entry (i, j, k) is the relative error at ranks `(i + 1, j + 1, k + 1)`; never rises along an axis. It ends at 0;
    where mode 1 has only leading directions, at the share of the norm that is outside them."""
    beyond: tuple[Float64[np.ndarray, " k1"], Float64[np.ndarray, " k2"], Float64[np.ndarray, " k3"]]
    """What no decomposition keeps with so many directions of mode 1, 2 or 3, relative to the norm: the singular values
    behind them. Where mode 1 has only leading directions, its values are those within them: lower bounds."""
    products: PartProducts

    @property
    def limits(self) -> Ranks:
        """The largest ranks in the table."""
        return Ranks(*self.table.shape)

    def relative_error(self, ranks: Ranks) -> float:
        """The relative error `norm(W - W_hat) / norm(W)` of the truncated HOSVD.

        Raises:
            RankError: a rank below one or beyond its mode.

        >>> import torch
        >>> from tensorllm_core.linalg.hosvd import hosvd
        >>> errors = landscape(hosvd(torch.ones(6, 3, 4, 2)))
        >>> round(errors.relative_error(Ranks(1, 1, 1)), 6)
        0.0
        """
        r1, r2, r3 = self._check(ranks)
        return float(self.table[r1 - 1, r2 - 1, r3 - 1])

    def error_bounds(self, ranks: Ranks) -> ErrorBounds:
        """The certificate: no Tucker decomposition at these ranks has a relative error below `lower`.

        The error of the truncated HOSVD is at most `upper`. For the squared errors holds
        `max tau_n <= err2(best) <= err2(HOSVD) <= tau_1 + tau_2 + tau_3`, where tau_n is the energy beyond R_n in mode
        n (De Lathauwer et al. 2000; Vannieuwenhoven et al. 2012). For leading directions of mode 1, tau_1 is split: the
        lower bound has the energy within them beyond R1, since no singular value of a projection is above that of the
        matrix; the upper bound has all the energy beyond R1.

        Raises:
            RankError: a rank below one or beyond its mode.
        """
        r1, r2, r3 = self._check(ranks)
        # The square roots of tau_1, tau_2 and tau_3, relative to the norm.
        least_1, tau_2, tau_3 = (beyond[rank - 1] for beyond, rank in zip(self.beyond, (r1, r2, r3), strict=True))
        tau_1 = self.table[r1 - 1, -1, -1]
        # In exact arithmetic the error of the truncation lies inside the interval. Keep it there after rounding.
        error = self.table[r1 - 1, r2 - 1, r3 - 1]
        upper = max(min(1.0, math.hypot(tau_1, tau_2, tau_3)), error)
        return ErrorBounds(float(min(max(least_1, tau_2, tau_3), error)), float(upper))

    def error_grid(
        self, r3: int, r1_values: Sequence[int] | np.ndarray, r2_values: Sequence[int] | np.ndarray
    ) -> Float32[np.ndarray, "r1 r2"]:
        """The relative errors at one R3 for every pair of the given R1 and R2.

        Raises:
            RankError: a rank below one or beyond its mode.
        """
        rows, columns = np.asarray(r1_values) - 1, np.asarray(r2_values) - 1
        for edge in (np.min, np.max):
            self._check(Ranks(int(edge(rows)) + 1, int(edge(columns)) + 1, r3))
        return self.table[rows[:, None], columns[None, :], r3 - 1].astype(np.float32)

    def relative_error_by_part_and_group(self, ranks: Ranks) -> Float64[np.ndarray, "part group"]:
        """The error of each slice of the tensor, relative to the norm of the slice; 0 where the slice is zero.

        Raises:
            RankError: a rank below one or beyond its mode.
        """
        return self.products.slice_errors(self._check(ranks)).by_part_and_group()

    def relative_error_by_part(self, ranks: Ranks) -> Float64[np.ndarray, " part"]:
        """The error of each part over all groups, relative to the norm of the part.

        Raises:
            RankError: a rank below one or beyond its mode.
        """
        return self.products.slice_errors(self._check(ranks)).by_part()

    def relative_error_by_group(self, ranks: Ranks) -> Float64[np.ndarray, " group"]:
        """The error of each group over all parts, relative to the norm of the group.

        Raises:
            RankError: a rank below one or beyond its mode.
        """
        return self.products.slice_errors(self._check(ranks)).by_group()

    def _check(self, ranks: Ranks) -> Ranks:
        return check_ranks_within(self.limits, ranks)


def check_ranks_within(limits: Ranks, ranks: Ranks) -> Ranks:
    """The ranks themselves, where each lies between 1 and its limit.

    Raises:
        RankError: a rank below 1 or above its limit.

    >>> check_ranks_within(Ranks(768, 64, 4), Ranks(768, 1, 4))
    Ranks(r1=768, r2=1, r3=4)
    """
    if not all(1 <= rank <= limit for rank, limit in zip(ranks, limits, strict=True)):
        raise RankError(
            f"Expected ranks from (1, 1, 1) to {limits}, got {Ranks(*ranks)}; choose ranks in these limits."
        )
    return Ranks(*ranks)


def landscape(decomposition: Hosvd) -> Landscape:
    """The table of the errors of all truncations of a decomposition, in float64."""
    energy = group_energy(decomposition.core).cpu().numpy()
    rest = np.zeros(energy.shape[1:]) if decomposition.rest is None else decomposition.rest.energy.cpu().numpy()
    total = float(energy.sum() + rest.sum()) or 1.0
    beyond = (
        _tails(energy.sum((1, 2))),
        _tails(energy.sum((0, 2)) + rest.sum(1)),
        _tails(energy.sum((0, 1)) + rest.sum(0)),
    )
    table = _energy_outside(energy)
    table += rest.sum()
    first, second, third = (_relative(squares, total) for squares in beyond)
    return Landscape(decomposition.shape, _relative(table, total), (first, second, third), part_products(decomposition))


def _relative(squares: Float64[np.ndarray, "*k"], total: float) -> Float64[np.ndarray, "*k"]:
    """The roots of shares of the total; overwrites `squares`."""
    squares /= total
    return np.sqrt(np.minimum(squares, 1.0, out=squares), out=squares)


def _tails(energy: Float64[np.ndarray, " k"]) -> Float64[np.ndarray, " k"]:
    """The sum of the entries behind each, summed from the smallest on."""
    return np.append(np.cumsum(energy[:0:-1])[::-1], 0.0)


def _energy_outside(energy: Float64[np.ndarray, "k1 k2 k3"]) -> Float64[np.ndarray, "k1 k2 k3"]:
    """The energy outside every leading block of ranks (R1, R2, R3); overwrites `energy`.

    It is a sum of three terms: the energy beyond R1; of the rest, the energy beyond R2; of what is left then, the
    energy beyond R3. No term is a difference of two sums, so small errors are as accurate as large ones.
    """
    # Replace each entry by the sum of the entries behind it: mode 3, then mode 2 of the sums, then mode 1 of those.
    outside = energy
    beyond_r2 = _replace_by_energy_beyond(outside)
    beyond_r1 = _replace_by_energy_beyond(beyond_r2)
    _replace_by_energy_beyond(beyond_r1)
    # Sum the energy beyond R3 over the rows and columns of the block, and the energy beyond R2 over its rows.
    for axis in (0, 1):
        np.cumsum(outside, axis=axis, out=outside)
    np.cumsum(beyond_r2, axis=0, out=beyond_r2)
    # Add the three terms.
    outside += beyond_r2[:, :, None]
    outside += beyond_r1[:, None, None]
    # Rounding must not make an error rise with a rank.
    for axis in range(3):
        np.minimum.accumulate(outside, axis=axis, out=outside)
    return outside


def _replace_by_energy_beyond(energy: Float64[np.ndarray, "*rest k"]) -> Float64[np.ndarray, "*rest"]:
    """Replace each entry by the sum of the entries behind it on the last axis; gives the sum of the whole axis."""
    behind = np.zeros(energy.shape[:-1])
    for index in reversed(range(energy.shape[-1])):
        own = energy[..., index].copy()
        energy[..., index] = behind
        behind += own
    return behind
