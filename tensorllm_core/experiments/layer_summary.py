"""One layer in a few numbers, all relative to its own norm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64, Int32

from tensorllm_core.experiments.gone import gone_slices
from tensorllm_core.linalg.slices import SliceErrors
from tensorllm_core.types import Ranks, TensorShape

__all__ = ["RATIOS", "LayerSummary", "stable_rank"]

_STEPS = (10, 11, 12, 13.5, 15, 17.5, 20, 22, 25, 28, 30, 35, 40, 45, 50, 55, 60, 70, 80, 90)
RATIOS = (*(step * power / 10 for power in (1, 10, 100) for step in _STEPS), 1000.0)
"""Compression ratios at which a summary has the least error of its layer: round ones, about evenly in the logarithm."""


@dataclass(frozen=True, eq=False)
class LayerSummary:
    """Spectra, energy by part, and the least error at each ratio of `RATIOS`."""

    shape: TensorShape
    parts: tuple[str, ...]
    norm: float
    spectra: tuple[Float32[np.ndarray, " k1"], Float32[np.ndarray, " k2"], Float32[np.ndarray, " k3"]]
    """Singular values of the three unfoldings over the norm: the squares of each sum to one."""
    errors: Float32[np.ndarray, " ratio"]
    """Least relative error of a truncated HOSVD at each ratio; NaN where no ranks are that small."""
    ranks: Int32[np.ndarray, "ratio 3"]
    """The ranks of that least error; zeros where there are none."""
    slice_energy: Float64[np.ndarray, "part group"]
    """Share of the squared norm in each slice."""
    slice_errors: Float32[np.ndarray, "ratio part group"]
    """Relative error of each slice at these ranks; zeros where there are none."""

    @property
    def part_energy(self) -> Float64[np.ndarray, " part"]:
        """Share of the squared norm in each part over all groups."""
        return self.slice_energy.sum(axis=1)

    @property
    def stable_ranks(self) -> tuple[float, float, float]:
        """Stable rank of each mode's unfolding."""
        first, second, third = map(stable_rank, self.spectra)
        return first, second, third

    def error_at(self, ratio: float) -> float:
        """Least relative error at a ratio of the grid; NaN where no ranks are that small."""
        return float(self.errors[RATIOS.index(ratio)])

    def ranks_at(self, ratio: float) -> Ranks | None:
        """The ranks of the least error at a ratio of the grid; None where no ranks are that small."""
        ranks = Ranks(*(int(rank) for rank in self.ranks[RATIOS.index(ratio)]))
        return ranks if min(ranks) else None

    def gone_at(self, ratio: float) -> dict[str, float]:
        """The parts and groups of which the ranks of a ratio of the grid leave next to nothing, with their errors."""
        lost = self.slice_energy * self.slice_errors[RATIOS.index(ratio)].astype(np.float64) ** 2
        return gone_slices(SliceErrors(lost, self.slice_energy), self.parts, self.shape.unit)

    def energy_by_projection(self) -> dict[str, float]:
        """Share of Q, K, V and O, all query heads of a group together."""
        shares = dict.fromkeys("QKVO", 0.0)
        for part, share in zip(self.parts, self.part_energy, strict=True):
            shares[part[0]] += float(share)
        return shares


def stable_rank(spectrum: Float32[np.ndarray, " k"]) -> float:
    """`norm(A)^2 / sigma_1(A)^2`: how many directions as strong as the first would hold the energy; 0 for zero.

    Source: Rudelson and Vershynin 2007, "Sampling from large matrices".

    >>> stable_rank(np.array([2.0, 2.0, 0.0], dtype=np.float32))
    2.0
    """
    energy = spectrum.astype(np.float64) ** 2
    return float(energy.sum() / energy[0]) if energy[0] > 0 else 0.0
