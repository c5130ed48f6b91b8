"""Cosines of cores, against the cosines of the weights that they stand for, and the order of the groups."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as some

from tensorllm_core.linalg.core_similarity import chance_similarity, core_similarity, similarity_order
from tensorllm_core.linalg.hosvd import hosvd, truncate
from tensorllm_core.types import Ranks
from tests.linalg.strategies import direct_reconstruction, tensors


@given(tensors(), some.randoms())
def test_the_cosine_of_two_cores_is_that_of_the_reconstructed_weights(tensor, random):
    decomposition = hosvd(tensor)
    tucker = truncate(decomposition, Ranks(*(random.randint(1, size) for size in decomposition.core.shape[:3])))
    weights = direct_reconstruction(tucker).double().numpy()
    similarity = core_similarity(tucker.core)
    assert similarity.dtype == np.float32
    largest = np.linalg.norm(weights)
    for one in range(weights.shape[3]):
        for other in range(weights.shape[3]):
            a, b = weights[..., one].ravel(), weights[..., other].ravel()
            norms = np.linalg.norm(a) * np.linalg.norm(b)
            # A core that is only rounding has no direction that could be compared.
            if min(np.linalg.norm(a), np.linalg.norm(b)) > 1e-3 * largest:
                assert similarity[one, other] == pytest.approx(a @ b / norms, abs=2e-3)


def test_equal_opposite_and_orthogonal_cores():
    core = torch.zeros(2, 2, 1, 4)
    core[0, 0, 0] = torch.tensor([1.0, 2.0, -3.0, 0.0])
    core[1, 1, 0, 3] = 5.0
    expected = [[1, 1, -1, 0], [1, 1, -1, 0], [-1, -1, 1, 0], [0, 0, 0, 1]]
    np.testing.assert_allclose(core_similarity(core), expected, atol=1e-7)


def test_a_zero_core_is_similar_to_no_other():
    similarity = core_similarity(torch.zeros(2, 2, 1, 3))
    assert np.array_equal(similarity, np.zeros((3, 3), dtype=np.float32))


@given(some.integers(1, 12), some.integers(0, 1000))
def test_the_order_holds_every_group_once(count, seed):
    rows = np.random.default_rng(seed).standard_normal((count, 5))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    order = similarity_order((rows @ rows.T).astype(np.float32))
    assert sorted(order.tolist()) == list(range(count))


def test_the_order_recovers_a_line_that_was_shuffled():
    place = np.random.default_rng(3).permutation(9)
    similarity = np.exp(-0.3 * np.abs(place[:, None] - place[None, :])).astype(np.float32)
    steps = np.diff(place[similarity_order(similarity)])
    assert set(steps.tolist()) in ({1}, {-1})


def test_chance_is_the_standard_deviation_of_the_cosines_of_independent_cores():
    core = torch.randn(6, 5, 4, 200, generator=torch.Generator().manual_seed(0))
    cosines = core_similarity(core)[np.triu_indices(200, k=1)]
    assert float(cosines.std()) == pytest.approx(chance_similarity(120), rel=0.05)
