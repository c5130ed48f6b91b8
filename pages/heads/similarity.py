"""Energy, errors and similarities of the heads of one layer, at one rank triple."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tensorllm_core.linalg.core_similarity import chance_similarity, core_similarity
from tensorllm_core.linalg.slices import core_seen_from_part
from tensorllm_core.runs.layer_analysis import LayerAnalysis, RankResult, errors_of_slices

__all__ = ["HeadComparison", "compare_heads", "most_alike", "query_similarity"]


@dataclass(frozen=True, eq=False)
class HeadComparison:
    """Energy, errors and similarities of all groups. Each error is relative to the norm of its own group or part."""

    result: RankResult
    energy: np.ndarray
    """Share of the tensor's squared norm in each group."""
    error: np.ndarray
    """Relative error of each group, over all its parts."""
    part_error: np.ndarray
    """Relative error of each part of each group, `part x group`."""
    similarity: np.ndarray
    """Cosine of every two private cores."""
    chance: float
    """Standard deviation of the cosine of two independent Gaussian cores of this size."""

    @property
    def easiest(self) -> int:
        """The group with the smallest error."""
        return int(np.argmin(self.error))

    @property
    def hardest(self) -> int:
        """The group with the largest error."""
        return int(np.argmax(self.error))

    def most_alike(self) -> tuple[int, int]:
        """The two groups whose cosine is largest in magnitude; there are two or more groups."""
        return most_alike(self.similarity)


def most_alike(similarity: np.ndarray) -> tuple[int, int]:
    """The two different rows of a table of cosines, of two or more, whose cosine is largest in magnitude."""
    pairs = np.triu(np.abs(similarity), k=1)
    one, other = np.unravel_index(int(np.argmax(pairs)), pairs.shape)
    return (int(one), int(other)) if one != other else (0, 1)


def query_similarity(analysis: LayerAnalysis, result: RankResult) -> np.ndarray:
    """Cosine of the compressed query weights of every two query heads of a group, `query x query`, over all groups."""
    queries = [place for place, part in enumerate(analysis.tensor.parts) if part.startswith("Q")]
    rows = np.stack([core_seen_from_part(result.tucker, place).cpu().double().numpy().ravel() for place in queries])
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.finfo(np.float64).tiny)
    return rows @ rows.T


def compare_heads(analysis: LayerAnalysis, result: RankResult) -> HeadComparison:
    """The comparison of all groups at the ranks of this decomposition."""
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
