"""Dividing a budget among several decompositions, against trying every choice of points."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorllm_core.errors import RankError
from tensorllm_core.linalg.allocation import allocate
from tensorllm_core.linalg.truncations import TruncationFront


@st.composite
def random_fronts(draw, most=5):
    """A front: the stored entries rise, the errors fall, and the last error is zero."""
    count = draw(st.integers(1, most))
    costs = np.cumsum(draw(st.lists(st.integers(1, 20), min_size=count, max_size=count)))
    gains = draw(st.lists(st.floats(0.01, 10), min_size=count, max_size=count))
    errors = np.append(np.cumsum(gains[:0:-1])[::-1], 0.0)
    return TruncationFront(np.arange(1, count + 1)[:, None], costs.astype(np.int64), errors)


def totals(fronts, points) -> tuple[int, float]:
    """Stored entries and squared error of these points together."""
    return (
        sum(int(front.stored_entries[point]) for front, point in zip(fronts, points, strict=True)),
        sum(float(front.squared_error[point]) for front, point in zip(fronts, points, strict=True)),
    )


def best_of_all(fronts, most_stored: int) -> float:
    every = itertools.product(*(range(len(front.squared_error)) for front in fronts))
    return min(error for points in every for stored, error in [totals(fronts, points)] if stored <= most_stored)


@given(st.lists(random_fronts(), min_size=1, max_size=3), st.integers(0, 150))
def test_the_budget_is_kept_and_the_error_is_within_one_step_of_the_best(fronts, budget):
    least = sum(int(front.stored_entries[0]) for front in fronts)
    if budget < least:
        with pytest.raises(RankError, match=f"at least {least:,} stored entries"):
            allocate(fronts, budget)
        return
    stored, error = totals(fronts, allocate(fronts, budget))
    assert stored <= budget
    largest_step = max(float(np.max(-np.diff(front.squared_error), initial=0.0)) for front in fronts)
    hull_steps = max(float(front.squared_error[0]) for front in fronts)
    assert error <= best_of_all(fronts, budget) + max(largest_step, hull_steps) + 1e-9


@given(random_fronts(most=12), st.integers(0, 150))
def test_one_front_is_answered_exactly(front, budget):
    if budget >= front.stored_entries[0]:
        _, error = totals([front], allocate([front], budget))
        assert error == best_of_all([front], budget)


@given(st.integers(2, 6), st.integers(2, 6), st.integers(0, 2**20), st.integers(2, 12))
def test_spectra_of_equal_cost_are_answered_exactly(first, second, seed, ranks):
    random = np.random.default_rng(seed)
    fronts = []
    for count in (first, second):
        energy = np.sort(random.random(count))[::-1]
        beyond = np.append(np.cumsum(energy[::-1])[::-1][1:], 0.0)
        fronts.append(TruncationFront(np.arange(1, count + 1)[:, None], np.arange(1, count + 1) * 7, beyond))
    budget = 7 * min(ranks, first + second)
    _, error = totals(fronts, allocate(fronts, budget))
    assert error == pytest.approx(best_of_all(fronts, budget), abs=1e-12)
