"""Error of every rank triple at once, for the whole tensor and for each part and group.

With orthonormal bases the squared error of a truncation is the core's energy outside the kept block
(De Lathauwer et al. 2000), so cumulative sums of the squared core hold every answer.
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

__all__ = ["ErrorBounds", "Landscape", "landscape"]


@dataclass(frozen=True)
class ErrorBounds:
    """Interval that holds the relative error of the best Tucker decomposition at some ranks."""

    lower: float
    upper: float


@dataclass(frozen=True, eq=False)
class Landscape:
    """Relative errors of all truncations; a look-up costs the same at any size."""

    shape: TensorShape
    table: Float64[np.ndarray, "k1 k2 k3"]
    """Relative error at ranks `(i + 1, j + 1, k + 1)`; never rises along any axis, ends at zero."""
    products: PartProducts

    def relative_error(self, ranks: Ranks) -> float:
        """norm(W - W_hat) / norm(W) of the truncated HOSVD.

        Raises:
            RankError: a rank below one or beyond its mode.

        >>> import torch
        >>> from tensorllm_core.linalg.hosvd import hosvd
        >>> errors = landscape(hosvd(torch.ones(6, 3, 4, 2)))
        >>> round(errors.relative_error(Ranks(1, 1, 1)), 6)
        0.0
        """
        r1, r2, r3 = self._inside(ranks)
        return float(self.table[r1 - 1, r2 - 1, r3 - 1])

    def error_bounds(self, ranks: Ranks) -> ErrorBounds:
        """Certificate: no Tucker decomposition at these ranks has a relative error below `lower`; HOSVD meets `upper`.

        `max tau_n <= err2(best) <= err2(HOSVD) <= tau_1 + tau_2 + tau_3`, where tau_n is the energy
        beyond R_n in mode n (De Lathauwer et al. 2000; Vannieuwenhoven et al. 2012).

        Raises:
            RankError: a rank below one or beyond its mode.
        """
        r1, r2, r3 = self._inside(ranks)
        beyond = (self.table[r1 - 1, -1, -1], self.table[-1, r2 - 1, -1], self.table[-1, -1, r3 - 1])
        # The truncation's own error is inside the interval in exact arithmetic; keep it there in rounded arithmetic.
        upper = max(min(1.0, math.hypot(*beyond)), self.table[r1 - 1, r2 - 1, r3 - 1])
        return ErrorBounds(float(max(beyond)), float(upper))

    def error_grid(
        self, r3: int, r1_values: Sequence[int] | np.ndarray, r2_values: Sequence[int] | np.ndarray
    ) -> Float32[np.ndarray, "r1 r2"]:
        """Relative errors at one R3 for all pairs of the given R1 and R2.

        Raises:
            RankError: a rank below one or beyond its mode.
        """
        rows, columns = np.asarray(r1_values) - 1, np.asarray(r2_values) - 1
        for edge in (np.min, np.max):
            self._inside(Ranks(int(edge(rows)) + 1, int(edge(columns)) + 1, r3))
        return self.table[rows[:, None], columns[None, :], r3 - 1].astype(np.float32)

    def relative_error_by_part_and_group(self, ranks: Ranks) -> Float64[np.ndarray, "part group"]:
        """Error of each slice of the tensor, relative to that slice's own norm (0 where the slice is zero).

        Raises:
            RankError: a rank below one or beyond its mode.
        """
        error, energy = self.products.slice_energies(self._inside(ranks))
        return _relative(error, energy)

    def relative_error_by_part(self, ranks: Ranks) -> Float64[np.ndarray, " part"]:
        """Error of each part over all groups, relative to that part's own norm.

        Raises:
            RankError: a rank below one or beyond its mode.
        """
        error, energy = self.products.slice_energies(self._inside(ranks))
        return _relative(error.sum(1), energy.sum(1))

    def relative_error_by_group(self, ranks: Ranks) -> Float64[np.ndarray, " group"]:
        """Error of each group over all parts, relative to that group's own norm.

        Raises:
            RankError: a rank below one or beyond its mode.
        """
        error, energy = self.products.slice_energies(self._inside(ranks))
        return _relative(error.sum(0), energy.sum(0))

    def _inside(self, ranks: Ranks) -> Ranks:
        sizes = self.table.shape
        if not all(1 <= rank <= size for rank, size in zip(ranks, sizes, strict=True)):
            raise RankError(
                f"Expected ranks from (1, 1, 1) to ({sizes[0]}, {sizes[1]}, {sizes[2]}), got "
                f"({ranks[0]}, {ranks[1]}, {ranks[2]}); choose ranks in these limits."
            )
        return Ranks(*ranks)


def landscape(decomposition: Hosvd) -> Landscape:
    """Tabulate the error of every truncation of a decomposition, in float64."""
    energy = group_energy(decomposition.core).cpu().numpy()
    total = energy.sum()
    table = _energy_outside(energy)
    table /= total if total > 0 else 1.0
    np.sqrt(np.minimum(table, 1.0, out=table), out=table)
    return Landscape(decomposition.shape, table, part_products(decomposition))


def _energy_outside(energy: Float64[np.ndarray, "k1 k2 k3"]) -> Float64[np.ndarray, "k1 k2 k3"]:
    """Energy outside every leading block, in place of the energy.

    Only sums, no differences, so that small errors are as accurate as large ones: what lies beyond R1; what
    of the rest lies beyond R2; what of the rest of that lies beyond R3.
    """
    outside = energy
    beyond_r2 = _replace_by_energy_beyond(outside)
    beyond_r1 = _replace_by_energy_beyond(beyond_r2)
    _replace_by_energy_beyond(beyond_r1)
    for axis in (0, 1):
        np.cumsum(outside, axis=axis, out=outside)
    np.cumsum(beyond_r2, axis=0, out=beyond_r2)
    outside += beyond_r2[:, :, None]
    outside += beyond_r1[:, None, None]
    for axis in range(3):
        # Rounding must not make an error rise with a rank.
        np.minimum.accumulate(outside, axis=axis, out=outside)
    return outside


def _replace_by_energy_beyond(energy: Float64[np.ndarray, "*rest k"]) -> Float64[np.ndarray, "*rest"]:
    """Replace each entry by the sum of those behind it on the last axis; returns the sums of all."""
    behind = np.zeros(energy.shape[:-1])
    for index in reversed(range(energy.shape[-1])):
        own = energy[..., index].copy()
        energy[..., index] = behind
        behind += own
    return behind


def _relative(
    error: Float64[np.ndarray, "*slices"], energy: Float64[np.ndarray, "*slices"]
) -> Float64[np.ndarray, "*slices"]:
    return np.sqrt(np.divide(error, energy, out=np.zeros_like(error), where=energy > 0))
