"""The heads of one layer in numbers, at one rank triple."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tensorllm_core.linalg.core_similarity import chance_similarity, core_similarity
from tensorllm_core.runs.layer_analysis import LayerAnalysis, RankResult, errors_of_slices

__all__ = ["HeadComparison", "compare_heads", "error_text"]


@dataclass(frozen=True, eq=False)
class HeadComparison:
    """Energy, errors and similarities of all groups; errors are relative to what they are errors of."""

    result: RankResult
    energy: np.ndarray
    """Share of the tensor's squared norm in each group."""
    error: np.ndarray
    """Of each group over all parts."""
    part_error: np.ndarray
    """Of each part (down) and group (across)."""
    similarity: np.ndarray
    """Cosine of every two private cores."""
    chance: float
    """Standard deviation of the cosine of two independent Gaussian cores of this size."""

    @property
    def easiest(self) -> int:
        """The group that the ranks serve best."""
        return int(np.argmin(self.error))

    @property
    def hardest(self) -> int:
        """The group that the ranks serve worst."""
        return int(np.argmax(self.error))

    def most_alike(self) -> tuple[int, int] | None:
        """The two groups with the largest cosine in magnitude; None where there is one group only."""
        if len(self.energy) < 2:
            return None
        apart = np.triu(np.abs(self.similarity), k=1)
        one, other = np.unravel_index(int(np.argmax(apart)), apart.shape)
        return (int(one), int(other)) if one != other else (0, 1)


def error_text(error: float) -> str:
    """A relative error in words: two digits, or its power of ten where those would be zero.

    >>> error_text(0.123), error_text(0.0), error_text(7.2e-8)
    ('0.12', '0.00', '7e-08')
    """
    return f"{error:.2f}" if error >= 0.005 or error == 0 else f"{error:.0e}"


def compare_heads(analysis: LayerAnalysis, result: RankResult) -> HeadComparison:
    """Look-ups for a truncation; a refined decomposition is compared slice by slice."""
    errors = errors_of_slices(analysis, result)
    energy = errors.energy.sum(axis=0)
    return HeadComparison(
        result=result,
        energy=energy / max(float(energy.sum()), float(np.finfo(np.float64).tiny)),
        error=errors.by_group(),
        part_error=errors.by_part_and_group(),
        similarity=core_similarity(result.tucker.core),
        chance=chance_similarity(int(np.prod(result.ranks))),
    )
