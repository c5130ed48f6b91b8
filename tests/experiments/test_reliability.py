"""Accuracy by confidence, and the expected calibration error, written out bin by bin."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorllm_core.errors import RequestError
from tensorllm_core.experiments.reliability import measure_reliability


@given(st.integers(1, 200), st.integers(1, 15), st.integers(0, 10**6))
def test_reliability_is_its_definition(count, bins, seed):
    rng = np.random.default_rng(seed)
    confidence, right = rng.random(count), rng.random(count) < 0.6
    confidence[: count // 3] = 1.0
    reliability = measure_reliability(confidence, right, bins)
    counts, edges = np.histogram(confidence, bins, (0, 1))
    np.testing.assert_array_equal(reliability.counts, counts)
    np.testing.assert_allclose(reliability.centres, edges[:-1] + 0.5 / bins)
    error = 0.0
    for number in range(bins):
        last = number == bins - 1
        inside = (confidence >= edges[number]) & ((confidence < edges[number + 1]) | last)
        if inside.any():
            assert reliability.accuracy[number] == pytest.approx(right[inside].mean())
            assert reliability.confidence[number] == pytest.approx(confidence[inside].mean())
            error += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
        else:
            assert np.isnan(reliability.accuracy[number])
    assert reliability.error == pytest.approx(error, abs=1e-12)


def test_without_answers_there_is_one_sentence():
    with pytest.raises(RequestError, match="Expected at least one answered question"):
        measure_reliability(np.zeros(0), np.zeros(0, dtype=bool))
