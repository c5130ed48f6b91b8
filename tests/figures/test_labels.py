"""Labels keep apart where they would overlap, and stay where they are elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorllm_core.figures.labels import keep_apart, keep_apart_inside

PLACES = st.lists(st.floats(0.0, 1.0), min_size=1, max_size=8)


@given(PLACES)
def test_labels_keep_apart_in_their_order_around_the_mean_of_their_places(places):
    moved = np.array(keep_apart(places, 0.2))
    assert np.all(np.diff(moved[np.argsort(places, kind="stable")]) >= 0.2 - 1e-9)
    assert moved.mean() == pytest.approx(np.mean(places), abs=1e-9)


def test_labels_that_do_not_overlap_stay_where_they_are():
    assert keep_apart([3.0, 1.0], 1.0) == [3.0, 1.0]
    assert keep_apart_inside([0.75, 0.25], 0.5) == [0.75, 0.25]


@given(PLACES)
def test_labels_keep_apart_inside_the_plot(places):
    moved = np.array(keep_apart_inside(places, 0.1))
    assert np.all(np.diff(moved[np.argsort(places, kind="stable")]) >= 0.1 - 1e-9)
    assert moved.min() >= 0
    assert moved.max() <= 1
