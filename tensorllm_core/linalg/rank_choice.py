"""Which ranks are possible, and which are best for an error or for a compression ratio; exact for the error table."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64

from tensorllm_core.errors import RankError, RequestError
from tensorllm_core.linalg.landscape import Landscape, check_ranks_within
from tensorllm_core.linalg.pareto import ParetoFront, pareto_front, pareto_path, stored_entries
from tensorllm_core.types import Ranks, TensorShape

__all__ = [
    "ParetoFront",
    "break_even_r1",
    "break_even_tied",
    "check_error",
    "check_ranks",
    "clamp_ranks",
    "largest_rank",
    "pareto_front",
    "pareto_path",
    "rank_limits",
    "ranks_for_compression",
    "ranks_for_error",
    "tied_ranks",
]


def rank_limits(shape: TensorShape) -> Ranks:
    """The full ranks of a tensor of this shape: the sizes of its bases.

    >>> rank_limits(TensorShape(768, 64, 4, 12))
    Ranks(r1=768, r2=64, r3=4)
    >>> rank_limits(TensorShape(4096, 64, 6, 2))
    Ranks(r1=768, r2=64, r3=6)
    """
    d_model, d_head, part, group = shape
    return Ranks(
        min(d_model, d_head * part * group), min(d_head, d_model * part * group), min(part, d_model * d_head * group)
    )


def largest_rank(shape: TensorShape, ranks: Ranks, mode: int) -> int:
    """The largest valid rank of a mode (1, 2 or 3) beside the given ranks of the other two modes.

    >>> largest_rank(TensorShape(768, 64, 4, 12), Ranks(1, 8, 2), mode=1)
    192
    """
    others = math.prod(rank for index, rank in enumerate(ranks, start=1) if index != mode)
    return min(rank_limits(shape)[mode - 1], others * shape.group)


def check_ranks(shape: TensorShape, ranks: Ranks) -> Ranks:
    """The ranks themselves, where a Tucker decomposition of a tensor of this shape can have them.

    Raises:
        RankError: a rank is below one, above the full rank of its mode, or above the other two ranks times the groups.

    >>> check_ranks(TensorShape(768, 64, 4, 12), Ranks(192, 8, 2))
    Ranks(r1=192, r2=8, r3=2)
    """
    check_ranks_within(rank_limits(shape), ranks)
    for mode in (1, 2, 3):
        largest = largest_rank(shape, ranks, mode)
        if ranks[mode - 1] > largest:
            first, second = (name for name in ("R1", "R2", "R3") if name != f"R{mode}")
            raise RankError(
                f"Expected R{mode} of at most {first} x {second} x groups = {largest}, got ranks {Ranks(*ranks)}; "
                f"lower R{mode} or raise {first} or {second}."
            )
    return Ranks(*ranks)


def clamp_ranks(shape: TensorShape, ranks: Ranks) -> Ranks:
    """Valid ranks near the given ones: each is moved into its limits, then lowered to what the other two allow.

    >>> clamp_ranks(TensorShape(768, 64, 4, 12), Ranks(9999, 1, 0))
    Ranks(r1=12, r2=1, r3=1)
    """
    inside = Ranks(*(min(max(rank, 1), limit) for rank, limit in zip(ranks, rank_limits(shape), strict=True)))
    # At most one rank can exceed the product of the other two, so lowering each on its own is enough.
    return Ranks(*(min(inside[mode - 1], largest_rank(shape, inside, mode)) for mode in (1, 2, 3)))


def tied_ranks(shape: TensorShape, r: int, r3: int) -> Ranks:
    """`R1 = r x groups, R2 = r`, as in the program of the paper, clamped to valid ranks.

    >>> tied_ranks(TensorShape(768, 64, 4, 12), 26, 4)
    Ranks(r1=312, r2=26, r3=4)
    """
    return clamp_ranks(shape, Ranks(r * shape.group, r, r3))


def break_even_r1(shape: TensorShape, r2: int, r3: int) -> int:
    """The largest valid R1 that, beside these R2 and R3, stores fewer entries than the tensor; 0 if none does.

    It follows from `group R1 R2 R3 + d_model R1 + d_head R2 + part R3 < entries`.

    >>> shape = TensorShape(768, 64, 4, 12)
    >>> break_even_r1(shape, 64, 4), break_even_r1(shape, 64, 1)
    (613, 768)
    >>> shape.stored_entries(Ranks(613, 64, 4)) < shape.entries < shape.stored_entries(Ranks(614, 64, 4))
    True
    """
    room = shape.entries - 1 - shape.d_head * r2 - shape.part * r3
    saving = room // (shape.group * r2 * r3 + shape.d_model)
    return max(0, min(saving, largest_rank(shape, Ranks(1, r2, r3), 1)))


def break_even_tied(shape: TensorShape, r3: int) -> int:
    """The largest r whose `tied_ranks` with this R3 store fewer entries than the tensor; 0 if none does.

    >>> shape = TensorShape(768, 64, 4, 12)
    >>> break_even_tied(shape, 4), round(shape.compression_ratio(tied_ranks(shape, 56, 4)), 3)
    (56, 1.014)
    """
    most = min(shape.d_head, shape.d_model // shape.group)
    saving = (r for r in range(1, most + 1) if shape.stored_entries(tied_ranks(shape, r, r3)) < shape.entries)
    return max(saving, default=0)


def check_error(relative_error: float) -> None:
    """Accept a relative error that a decomposition can have: from 0 to 1, where nothing of the tensor is left.

    Raises:
        RequestError: it is outside, or not a number.

    >>> check_error(0.5)
    """
    if not 0 <= relative_error <= 1:
        raise RequestError(
            f"Expected a largest relative error from 0 to 1, got {relative_error:g}; give one such as 0.5."
        )


def ranks_for_error(landscape: Landscape, max_relative_error: float) -> Ranks:
    """The valid ranks with the fewest stored entries whose relative error is at most the given one.

    Where several store as few entries, those with the smallest error. A table of leading directions may have no ranks
    with so small an error: then those with the smallest.

    Raises:
        RequestError: as `check_error`.
    """
    check_error(max_relative_error)
    # The best R1 for each pair (R2, R3). The error never rises with R1, so the first R1 whose error is small enough
    # stores the least.
    pairs = _valid_pairs(landscape)
    smallest = float(landscape.table[pairs.most - 1, pairs.r2 - 1, pairs.r3 - 1].min())
    r1 = np.maximum(pairs.least, _first_at_most(landscape, pairs, max(max_relative_error, smallest)))
    # Of these triples, the one that stores the least.
    points = _points(landscape, pairs, r1, r1 <= pairs.most)
    return _ranks(points, np.lexsort((points.relative_error, points.stored_entries))[0])


def ranks_for_compression(landscape: Landscape, ratio: float) -> Ranks:
    """The valid ranks with the smallest error whose compression ratio is at least the given one.

    Where several have the same error, those with the fewest stored entries.

    Raises:
        RankError: no ranks reach the ratio, or the ratio is not a positive number.
    """
    shape = landscape.shape
    highest = shape.compression_ratio(Ranks(1, 1, 1))
    if not 0 < ratio <= highest:
        raise RankError(
            f"Expected a compression ratio above 0 and of at most {highest:.6g}, which ranks (1, 1, 1) reach, "
            f"got {ratio:g}; ask for a ratio in this range."
        )
    # The most entries that reach the ratio. The division decides, as in `compression_ratio`, so that the two agree to
    # the last bit.
    budget = math.floor(shape.entries / ratio) + 1
    while shape.entries / budget < ratio:
        budget -= 1
    # The best R1 for each pair (R2, R3). The error never rises with R1, so it is the last R1 that fits, or the first
    # with the same error.
    pairs = _valid_pairs(landscape)
    room = budget - shape.d_head * pairs.r2 - shape.part * pairs.r3
    r1 = np.minimum(pairs.most, room // (shape.group * pairs.r2 * pairs.r3 + shape.d_model))
    fits = r1 >= pairs.least
    error = landscape.table[np.maximum(r1, 1) - 1, pairs.r2 - 1, pairs.r3 - 1]
    r1 = np.maximum(pairs.least, _first_at_most(landscape, pairs, error))
    # Of these triples, the one with the smallest error.
    points = _points(landscape, pairs, r1, fits)
    return _ranks(points, np.lexsort((points.stored_entries, points.relative_error))[0])


@dataclass(frozen=True, eq=False)
class _Pairs:
    """All pairs (R2, R3) for which there is a valid R1, with the least and the largest such R1."""

    r2: Int64[np.ndarray, " pair"]
    r3: Int64[np.ndarray, " pair"]
    least: Int64[np.ndarray, " pair"]
    most: Int64[np.ndarray, " pair"]


def _valid_pairs(landscape: Landscape) -> _Pairs:
    k1, k2, k3 = landscape.table.shape
    group = landscape.shape.group
    r2, r3 = (axis.ravel() for axis in np.meshgrid(np.arange(1, k2 + 1), np.arange(1, k3 + 1), indexing="ij"))
    least = np.maximum(-(-r2 // (r3 * group)), -(-r3 // (r2 * group)))
    most = np.minimum(k1, r2 * r3 * group)
    possible = least <= most
    return _Pairs(r2[possible], r3[possible], least[possible], most[possible])


def _first_at_most(
    landscape: Landscape, pairs: _Pairs, error: float | Float64[np.ndarray, " pair"]
) -> Int64[np.ndarray, " pair"]:
    """For each pair the least R1 whose error is at most the given one; k1 + 1 where there is none.

    A binary search for all pairs at once.
    """
    low, high = np.ones_like(pairs.r2), np.full_like(pairs.r2, landscape.table.shape[0] + 1)
    while (low < high).any():
        middle = (low + high) // 2
        # A pair whose search has ended may point behind the table; it reads the last row and stays as it is.
        row = np.minimum(middle, landscape.table.shape[0]) - 1
        small_enough = landscape.table[row, pairs.r2 - 1, pairs.r3 - 1] <= error
        high = np.where((low < high) & small_enough, middle, high)
        low = np.where((low < high) & ~small_enough, middle + 1, low)
    return low


def _points(
    landscape: Landscape, pairs: _Pairs, r1: Int64[np.ndarray, " pair"], possible: Bool[np.ndarray, " pair"]
) -> ParetoFront:
    """The rank triples of the pairs that are possible, with what they store and their errors."""
    r1, r2, r3 = r1[possible], pairs.r2[possible], pairs.r3[possible]
    return ParetoFront(r1, r2, r3, stored_entries(landscape.shape, r1, r2, r3), landscape.table[r1 - 1, r2 - 1, r3 - 1])


def _ranks(points: ParetoFront, index: np.intp) -> Ranks:
    return Ranks(int(points.r1[index]), int(points.r2[index]), int(points.r3[index]))
