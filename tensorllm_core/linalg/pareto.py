"""The rank triples that no other triple beats in both stored entries and error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

from tensorllm_core.linalg.landscape import Landscape
from tensorllm_core.types import TensorShape

__all__ = ["ParetoFront", "joined_front", "pareto_front", "pareto_front_of", "pareto_path", "stored_entries"]


@dataclass(frozen=True, eq=False)
class ParetoFront:
    """Rank triples that no other triple beats in both stored entries and error, in order of rising stored entries."""

    r1: Int64[np.ndarray, " point"]
    r2: Int64[np.ndarray, " point"]
    r3: Int64[np.ndarray, " point"]
    stored_entries: Int64[np.ndarray, " point"]
    relative_error: Float64[np.ndarray, " point"]


def pareto_front(landscape: Landscape, limit: int | None = None) -> ParetoFront:
    """All valid rank triples that no other triple beats in both stored entries and error.

    Triples that store more than the tensor itself (a ratio below one) are among them. With a limit, the front has at
    most that many points: the two ends, and points at even distances in the logarithm of the stored entries.
    """
    front = pareto_front_of(landscape.shape, landscape.table)
    if limit is None or len(front.r1) <= limit:
        return front
    position = np.log(front.stored_entries)
    targets = np.linspace(position[0], position[-1], limit)
    nearest = np.searchsorted(position, targets[1:-1])
    return _select(front, np.unique(np.concatenate([[0], nearest, [len(position) - 1]])))


def pareto_front_of(shape: TensorShape, table: Float64[np.ndarray, "k1 k2 k3"]) -> ParetoFront:
    """The front of any table of relative errors that never rise with a rank, as in `Landscape.table`."""
    # First one front for each R3, so that no list of all triples is needed; then the front of these together.
    return joined_front([_front_at(shape, table, r3) for r3 in range(1, table.shape[2] + 1)])


def joined_front(paths: Sequence[ParetoFront]) -> ParetoFront:
    """Of the points of all these paths, those that no other beats in both stored entries and error."""
    return _undominated(_concatenate(paths))


def pareto_path(landscape: Landscape, r3: int) -> ParetoFront:
    """The valid rank pairs (R1, R2) that no other pair with the same R3 beats in both stored entries and error."""
    return _front_at(landscape.shape, landscape.table, r3)


def stored_entries(
    shape: TensorShape,
    r1: Int64[np.ndarray, "..."],
    r2: Int64[np.ndarray, "..."],
    r3: Int64[np.ndarray, "..."] | int,
) -> Int64[np.ndarray, "..."]:
    """`TensorShape.stored_entries` for many rank triples at once, of arrays that broadcast."""
    return shape.group * r1 * r2 * r3 + shape.d_model * r1 + shape.d_head * r2 + shape.part * r3


def _front_at(shape: TensorShape, table: Float64[np.ndarray, "k1 k2 k3"], r3: int) -> ParetoFront:
    """The front of the rank triples with this R3."""
    # All valid pairs (R1, R2).
    k1, k2, _ = table.shape
    group = shape.group
    r1, r2 = np.ogrid[1 : k1 + 1, 1 : k2 + 1]
    valid = np.nonzero((r1 <= r2 * r3 * group) & (r2 <= r1 * r3 * group) & (r3 <= r1 * r2 * group))
    r1, r2 = valid[0] + 1, valid[1] + 1
    # What each stores, and its error.
    stored = stored_entries(shape, r1, r2, np.full_like(r1, r3))
    error = table[:, :, r3 - 1][valid]
    return _undominated(ParetoFront(r1, r2, np.full_like(r1, r3), stored, error))


def _undominated(points: ParetoFront) -> ParetoFront:
    """Of these points, the ones whose error is below that of every point that stores less or the same."""
    order = np.lexsort((points.relative_error, points.stored_entries))
    error = points.relative_error[order]
    least_before = np.minimum.accumulate(error)[:-1]
    return _select(points, order[np.concatenate([[True], error[1:] < least_before])])


def _concatenate(fronts: Sequence[ParetoFront]) -> ParetoFront:
    return ParetoFront(*(np.concatenate(columns) for columns in zip(*map(_arrays, fronts), strict=True)))


def _select(points: ParetoFront, index: np.ndarray) -> ParetoFront:
    return ParetoFront(*(array[index] for array in _arrays(points)))


def _arrays(points: ParetoFront) -> tuple[np.ndarray, ...]:
    return points.r1, points.r2, points.r3, points.stored_entries, points.relative_error
