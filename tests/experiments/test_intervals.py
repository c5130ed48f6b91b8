"""Intervals are those of statsmodels and of a published example, and hold the truth as often as they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from tensorllm_core.errors import RequestError
from tensorllm_core.experiments.intervals import accuracy_interval, paired_interval


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))))
def test_the_interval_of_an_accuracy_is_wilsons(case):
    n, right = case
    interval = accuracy_interval(np.arange(n) < right)
    low, high = proportion_confint(right, n, method="wilson")
    assert (interval.low, interval.high) == (pytest.approx(low, abs=1e-12), pytest.approx(high, abs=1e-12))
    assert 0 <= interval.low <= right / n + 1e-12
    assert right / n - 1e-12 <= interval.high <= 1


def test_the_interval_of_a_difference_is_that_of_its_authors_example():
    # `ci.prop.ps(.05, 12, 4, 26, 6)` of D. G. Bonett's R package statpsych.
    interval = paired_interval(48, fixed=26, broken=4)
    assert interval.low == pytest.approx(0.2548067, abs=1e-7)
    assert interval.high == pytest.approx(0.6251933, abs=1e-7)


@pytest.mark.parametrize(("n", "fixes", "breaks"), [(10, 0.1, 0.1), (60, 0.2, 0.05), (400, 0.03, 0.01)])
def test_the_interval_of_a_difference_holds_the_truth_as_often_as_it_says(n, fixes, breaks):
    rng = np.random.default_rng(0)
    samples = rng.multinomial(n, [fixes, breaks, 1 - fixes - breaks], size=3000)
    intervals = [paired_interval(n, int(fixed), int(broken)) for fixed, broken, _ in samples]
    held = np.mean([interval.low <= fixes - breaks <= interval.high for interval in intervals])
    assert 0.94 <= held <= 0.999


def test_without_answers_there_is_one_sentence():
    with pytest.raises(RequestError, match="Expected at least one answered question"):
        accuracy_interval(np.zeros(0, dtype=bool))
