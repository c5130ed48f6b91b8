"""Share stored entries among several decomposed tensors so that the sum of their squared errors is least."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from tensorllm_core.errors import RankError
from tensorllm_core.linalg.truncations import Front

__all__ = ["allocate"]


def allocate(fronts: Sequence[Front], most_stored: int) -> list[int]:
    """Which point of each front to take.

    With one front the answer is exact. With several, the steps along the convex hulls of the fronts are taken in the
    order of what they gain for each entry, which is optimal for the entries that they use; what room is left goes to
    the single points that gain most. The squared error is at most one step of a hull above the optimum.

    Raises:
        RankError: even the smallest points together store more.

    >>> halves = Front(np.array([[1], [2]]), np.array([10, 20]), np.array([1.0, 0.0]))
    >>> allocate([halves, halves], 30)
    [1, 0]
    """
    chosen = [0] * len(fronts)
    room = most_stored - sum(int(front.stored_entries[0]) for front in fronts)
    if room < 0:
        raise RankError(
            f"Expected room for at least {most_stored - room:,} stored entries, which the smallest ranks take, got "
            f"{most_stored:,}; ask for a smaller ratio."
        )
    for _, number, point in sorted(_steps(fronts), key=lambda step: -step[0]):
        cost = _cost(fronts[number], chosen[number], point)
        # Steps of one front come in their order, as each gains less for an entry than the one before.
        if cost > room:
            break
        chosen[number], room = point, room - cost
    while (found := _best_filling(fronts, chosen, room)) is not None:
        number, point = found
        room -= _cost(fronts[number], chosen[number], point)
        chosen[number] = point
    return chosen


def _steps(fronts: Sequence[Front]) -> list[tuple[float, int, int]]:
    """Gain for each entry, front and end point of every step along the lower convex hulls."""
    steps = []
    for number, front in enumerate(fronts):
        hull = _hull(front)
        for start, end in itertools.pairwise(hull):
            gain = front.squared_error[start] - front.squared_error[end]
            steps.append((float(gain / _cost(front, start, end)), number, end))
    return steps


def _hull(front: Front) -> list[int]:
    """Corners of the lower convex hull, from the first point to the one with the least error."""
    x, y = front.stored_entries.astype(np.float64), front.squared_error
    corners: list[int] = []
    for point in range(len(x)):
        if corners and y[point] >= y[corners[-1]]:
            continue
        while len(corners) > 1:
            a, b = corners[-2], corners[-1]
            if (y[b] - y[a]) * (x[point] - x[b]) < (y[point] - y[b]) * (x[b] - x[a]):
                break
            corners.pop()
        corners.append(point)
    return corners


def _cost(front: Front, start: int, end: int) -> int:
    return int(front.stored_entries[end] - front.stored_entries[start])


def _best_filling(fronts: Sequence[Front], chosen: Sequence[int], room: int) -> tuple[int, int] | None:
    best, largest = None, 0.0
    for number, front in enumerate(fronts):
        last = int(np.searchsorted(front.stored_entries, front.stored_entries[chosen[number]] + room, "right")) - 1
        point = int(np.argmin(front.squared_error[: last + 1]))
        gain = float(front.squared_error[chosen[number]] - front.squared_error[point])
        if gain > largest:
            best, largest = (number, point), gain
    return best
