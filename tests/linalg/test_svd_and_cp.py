"""Truncated SVD against NumPy's, CP against TensorLy's."""

from __future__ import annotations

import numpy as np
import pytest
import tensorly
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorly.decomposition import parafac

from tensorllm_core.errors import RankError, StoppedError
from tensorllm_core.linalg import svd
from tensorllm_core.linalg.cp import cp_truncations
from tensorllm_core.linalg.svd import svd_truncations


def random(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 2**31))
def test_the_truncated_svd_is_numpys(rows, columns, seed):
    matrix = random(rows, columns, seed=seed)
    truncations = svd_truncations(matrix)
    u, s, vh = np.linalg.svd(matrix.double().numpy(), full_matrices=False)
    front = truncations.front()
    for rank in range(1, min(rows, columns) + 1):
        expected = (u[:, :rank] * s[:rank]) @ vh[:rank]
        assert np.allclose(truncations.rebuild((rank,)).numpy(), expected, atol=1e-5)
        assert front.squared_error[rank - 1] == pytest.approx(float((s[rank:] ** 2).sum()), abs=1e-5)
        assert front.stored_entries[rank - 1] == rank * (rows + columns)
        assert truncations.stored_entries((rank,)) == rank * (rows + columns)


@pytest.mark.parametrize("shape", [(48, 90), (90, 48), (64, 64)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_a_large_matrix_is_truncated_as_well_as_by_numpy(shape, dtype, monkeypatch):
    monkeypatch.setattr(svd, "_EXACT_UP_TO", 0)
    matrix = (random(*shape, seed=1) * torch.arange(1, shape[1] + 1) ** -0.7).to(dtype)
    truncations = svd.svd_truncations(matrix)
    exact = np.linalg.svd(matrix.double().numpy(), compute_uv=False)
    for rank in (1, 5, 20, min(shape)):
        squared_error = float((matrix.double() - truncations.rebuild((rank,)).double()).square().sum())
        assert squared_error == pytest.approx(float((exact[rank:] ** 2).sum()), rel=1e-4, abs=1e-9)
        assert truncations.front().squared_error[rank - 1] == pytest.approx(squared_error, rel=1e-4, abs=1e-9)
    assert truncations.rebuild((3,)).dtype is (torch.float64 if dtype is torch.float64 else torch.float32)


@pytest.mark.parametrize(("rho", "rank"), [(1.0, 30), (0.1, 3), (0.01, 1), (0.5, 15), (0.99, 29)])
def test_a_fraction_is_of_the_full_rank_rounded_down(rho, rank):
    assert svd_truncations(random(30, 40, seed=0)).rank_of(rho) == rank


@pytest.mark.parametrize("rho", [0.0, -0.1, 1.1, float("nan")])
def test_a_fraction_out_of_range_is_refused(rho):
    with pytest.raises(RankError, match="Expected a fraction rho"):
        svd_truncations(random(3, 4, seed=0)).rank_of(rho)


def relative_error(tensor: torch.Tensor, rebuilt: np.ndarray) -> float:
    return float(np.linalg.norm(tensor.double().numpy() - rebuilt) / tensor.double().norm())


@settings(deadline=None, max_examples=10)
@given(st.integers(4, 12), st.integers(4, 12), st.integers(2, 4), st.integers(1, 4), st.integers(0, 2**31))
def test_cp_is_as_good_as_tensorlys(rows, columns, matrices, rank, seed):
    tensor = random(rows, columns, matrices, seed=seed)
    weights, factors = parafac(tensor.double().numpy(), rank, n_iter_max=100, init="svd", tol=1e-7, random_state=0)
    theirs = relative_error(tensor, tensorly.cp_to_tensor((weights, factors)))
    ours = relative_error(tensor, cp_truncations(tensor).rebuild((rank,)).numpy())
    assert ours <= theirs * 1.01 + 1e-6


@settings(deadline=None, max_examples=10)
@given(st.integers(2, 8), st.integers(2, 8), st.integers(1, 3), st.integers(0, 2**31))
def test_a_tensor_of_a_cp_rank_is_rebuilt_at_that_rank(rows, columns, rank, seed):
    a, b, c = random(rows, rank, seed=seed), random(columns, rank, seed=seed + 1), random(3, rank, seed=seed + 2)
    tensor = torch.einsum("ar,br,cr->abc", a, b, c)
    truncations = cp_truncations(tensor)
    if rank <= truncations.limits[0]:
        weights, factors = parafac(tensor.double().numpy(), rank, n_iter_max=100, init="svd", random_state=0)
        theirs = relative_error(tensor, tensorly.cp_to_tensor((weights, factors)))
        assert relative_error(tensor, truncations.rebuild((rank,)).numpy()) <= theirs + 0.01


@given(st.integers(2, 8), st.integers(2, 8), st.integers(2, 4), st.integers(0, 2**31))
@settings(deadline=None, max_examples=10)
def test_no_cp_is_below_the_bound_of_the_front(rows, columns, matrices, seed):
    tensor = random(rows, columns, matrices, seed=seed)
    truncations = cp_truncations(tensor)
    front = truncations.front()
    for rank in range(1, truncations.limits[0] + 1, 3):
        squared = float((tensor.double() - truncations.rebuild((rank,)).double()).square().sum())
        assert squared >= front.squared_error[rank - 1] - 1e-6


def test_the_same_rank_is_computed_once_and_the_same_every_time():
    tensor = random(9, 8, 3, seed=4)
    truncations = cp_truncations(tensor)
    assert truncations.cp((5,)) is truncations.cp((5,))
    assert truncations.rebuild((5,)).equal(cp_truncations(tensor).rebuild((5,)))


def test_sweeps_stop_when_asked():
    with pytest.raises(StoppedError):
        cp_truncations(random(9, 8, 3, seed=4), lambda: False).cp((5,))
