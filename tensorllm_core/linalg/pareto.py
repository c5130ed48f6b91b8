"""The rank triples that no other triple beats in both stored entries and error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

from tensorllm_core.linalg.landscape import Landscape
from tensorllm_core.types import TensorShape

__all__ = ["ParetoFront", "pareto_front", "pareto_front_of", "pareto_path", "stored_entries"]


@dataclass(frozen=True, eq=False)
class ParetoFront:
    """Rank triples that no other triple beats in both stored entries and error; ascending stored entries."""

    r1: Int64[np.ndarray, " point"]
    r2: Int64[np.ndarray, " point"]
    r3: Int64[np.ndarray, " point"]
    stored_entries: Int64[np.ndarray, " point"]
    relative_error: Float64[np.ndarray, " point"]


def pareto_front(landscape: Landscape, limit: int | None = None) -> ParetoFront:
    """All valid rank triples that no other beats in stored entries and error.

    Triples that store more than the tensor itself (ratio below one) belong to it too. With a limit, at
    most that many points, spread evenly over the logarithm of the stored entries, both ends included.
    """
    front = pareto_front_of(landscape.shape, landscape.table)
    if limit is None or len(front.r1) <= limit:
        return front
    position = np.log(front.stored_entries)
    wanted = np.linspace(position[0], position[-1], limit)
    chosen = np.searchsorted(position, wanted[1:-1])
    return _taken(front, np.unique(np.concatenate([[0], chosen, [len(position) - 1]])))


def pareto_front_of(shape: TensorShape, table: Float64[np.ndarray, "k1 k2 k3"]) -> ParetoFront:
    """The same for any table of errors that never rise with a rank."""
    # One R3 at a time, so that no table of all triples is made.
    return _undominated(_joined([_path(shape, table, r3) for r3 in range(1, table.shape[2] + 1)]))


def pareto_path(landscape: Landscape, r3: int) -> ParetoFront:
    """The valid rank pairs (R1, R2) that no other pair with the same R3 beats in stored entries and error."""
    return _path(landscape.shape, landscape.table, r3)


def stored_entries(
    shape: TensorShape,
    r1: Int64[np.ndarray, " point"],
    r2: Int64[np.ndarray, " point"],
    r3: Int64[np.ndarray, " point"],
) -> Int64[np.ndarray, " point"]:
    """`TensorShape.stored_entries` for many rank triples at once."""
    return shape.group * r1 * r2 * r3 + shape.d_model * r1 + shape.d_head * r2 + shape.part * r3


def _path(shape: TensorShape, table: Float64[np.ndarray, "k1 k2 k3"], r3: int) -> ParetoFront:
    k1, k2, _ = table.shape
    group = shape.group
    r1, r2 = np.ogrid[1 : k1 + 1, 1 : k2 + 1]
    valid = np.nonzero((r1 <= r2 * r3 * group) & (r2 <= r1 * r3 * group) & (r3 <= r1 * r2 * group))
    r1, r2 = valid[0] + 1, valid[1] + 1
    stored = stored_entries(shape, r1, r2, np.full_like(r1, r3))
    error = table[:, :, r3 - 1][valid]
    return _undominated(ParetoFront(r1, r2, np.full_like(r1, r3), stored, error))


def _undominated(points: ParetoFront) -> ParetoFront:
    order = np.lexsort((points.relative_error, points.stored_entries))
    error = points.relative_error[order]
    best_before = np.minimum.accumulate(error)[:-1]
    return _taken(points, order[np.concatenate([[True], error[1:] < best_before])])


def _joined(fronts: list[ParetoFront]) -> ParetoFront:
    return ParetoFront(*(np.concatenate(columns) for columns in zip(*map(_arrays, fronts), strict=True)))


def _taken(points: ParetoFront, index: np.ndarray) -> ParetoFront:
    return ParetoFront(*(array[index] for array in _arrays(points)))


def _arrays(points: ParetoFront) -> tuple[np.ndarray, ...]:
    return points.r1, points.r2, points.r3, points.stored_entries, points.relative_error
