"""Divide a budget of stored entries among several decomposed tensors, so that their squared errors sum to the least."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tensorllm_core.errors import RankError
from tensorllm_core.linalg.truncations import TruncationFront

__all__ = ["allocate"]


def allocate(fronts: Sequence[TruncationFront], most_stored: int) -> list[int]:
    """The point to choose on each front; the points together store at most `most_stored` entries.

    With one front the answer is exact. With several fronts, the algorithm walks along the convex hull of each front and
    always takes the step that lowers the error most for each entry that it adds. This is optimal for the entries that
    the steps use. The entries that are left go to the single points that lower the error most. The squared error is at
    most one step of a hull above the optimum.

    Raises:
        RankError: even the smallest points together store more.

    >>> halves = TruncationFront(np.array([[1], [2]]), np.array([10, 20]), np.array([1.0, 0.0]))
    >>> allocate([halves, halves], 30)
    [1, 0]
    """
    # Start with the smallest point of each front.
    points = [0] * len(fronts)
    room = most_stored - sum(int(front.stored_entries[0]) for front in fronts)
    if room < 0:
        raise RankError(
            f"Expected room for at least {most_stored - room:,} stored entries, which the smallest ranks take, got "
            f"{most_stored:,}; ask for a smaller ratio."
        )
    # Take the steps along all hulls, the one with the largest gain for each entry first, until one has no room. The
    # steps of one front come in their order, because each gains less for an entry than the one before.
    for step in sorted(_hull_steps(fronts), key=lambda step: -step.gain_per_entry):
        cost = _cost(fronts[step.front], points[step.front], step.point)
        if cost > room:
            break
        points[step.front], room = step.point, room - cost
    # Fill the rest of the room with single points, inside the hulls too.
    while (filling := _best_filling(fronts, points, room)) is not None:
        front, point = filling
        room -= _cost(fronts[front], points[front], point)
        points[front] = point
    return points


class _Step(NamedTuple):
    """A step along the hull of the front of this number, to a point of it."""

    gain_per_entry: float
    front: int
    point: int


def _hull_steps(fronts: Sequence[TruncationFront]) -> list[_Step]:
    """Every step along the lower convex hulls."""
    steps = []
    for number, front in enumerate(fronts):
        for start, end in itertools.pairwise(_hull(front)):
            gain = front.squared_error[start] - front.squared_error[end]
            steps.append(_Step(float(gain / _cost(front, start, end)), number, end))
    return steps


def _hull(front: TruncationFront) -> list[int]:
    """The corners of the lower convex hull, from the first point to the one with the least error."""
    x, y = front.stored_entries.astype(np.float64), front.squared_error
    corners: list[int] = []
    for point in range(len(x)):
        # A point with no less error than the last corner is no corner.
        if corners and y[point] >= y[corners[-1]]:
            continue
        # Remove each corner that lies above the line from the corner before it to this point.
        while len(corners) > 1:
            a, b = corners[-2], corners[-1]
            if (y[b] - y[a]) * (x[point] - x[b]) < (y[point] - y[b]) * (x[b] - x[a]):
                break
            corners.pop()
        corners.append(point)
    return corners


def _cost(front: TruncationFront, start: int, end: int) -> int:
    """Entries that the point `end` stores more than the point `start`."""
    return int(front.stored_entries[end] - front.stored_entries[start])


def _best_filling(fronts: Sequence[TruncationFront], points: Sequence[int], room: int) -> tuple[int, int] | None:
    """The front and the point on it that lower the error most within the room; None where no point lowers it."""
    best, largest = None, 0.0
    for number, front in enumerate(fronts):
        last = int(np.searchsorted(front.stored_entries, front.stored_entries[points[number]] + room, "right")) - 1
        point = int(np.argmin(front.squared_error[: last + 1]))
        gain = float(front.squared_error[points[number]] - front.squared_error[point])
        if gain > largest:
            best, largest = (number, point), gain
    return best
