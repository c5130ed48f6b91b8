"""Refinement is never worse than the truncation, as good as TensorLy's, and stops when asked."""

from __future__ import annotations

import pytest
import tensorly
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorly.decomposition import partial_tucker

from tensorllm_core.errors import RankError
from tensorllm_core.linalg.hosvd import hosvd, truncate
from tensorllm_core.linalg.landscape import landscape
from tensorllm_core.linalg.refinement import refine
from tensorllm_core.types import Ranks, TensorShape, Tucker
from tests.linalg.strategies import direct_error, random_tensor, tensors, valid_ranks


def tensorly_error(tensor: torch.Tensor, ranks: Ranks) -> float:
    """TensorLy's HOOI run to a tight tolerance, its error by reconstruction."""
    with tensorly.backend_context("numpy", local_threadsafe=True):
        (core, factors), _ = partial_tucker(
            tensor.double().numpy(), rank=tuple(ranks), modes=[0, 1, 2], init="svd", n_iter_max=200, tol=1e-11
        )
    return direct_error(tensor, Tucker(*(torch.from_numpy(array.copy()) for array in (core, *factors))))


@settings(max_examples=50)
@given(tensors(), st.randoms())
def test_errors_never_rise_and_the_last_is_that_of_the_result(tensor, random):
    decomposition = hosvd(tensor)
    ranks = random.choice(valid_ranks(decomposition.shape))
    refinement = refine(decomposition, ranks, max_sweeps=10)
    errors = refinement.relative_errors
    assert errors[0] == pytest.approx(landscape(decomposition).relative_error(ranks), abs=1e-7)
    assert list(errors) == sorted(errors, reverse=True)
    assert len(errors) == refinement.sweeps + 2
    assert refinement.tucker.ranks == ranks
    assert errors[-1] == pytest.approx(direct_error(tensor, refinement.tucker), abs=1e-6)


@settings(max_examples=50)
@given(tensors(), st.randoms())
def test_factors_stay_orthonormal_with_their_largest_entry_positive(tensor, random):
    decomposition = hosvd(tensor)
    tucker = refine(decomposition, random.choice(valid_ranks(decomposition.shape)), max_sweeps=3).tucker
    for factor in (tucker.u1, tucker.u2, tucker.u3):
        torch.testing.assert_close(factor.T @ factor, torch.eye(factor.shape[1]), atol=1e-5, rtol=0)
        assert (factor.gather(0, factor.abs().argmax(dim=0, keepdim=True)) > 0).all()


@settings(max_examples=25)
@given(tensors(d_model=16, d_head=6, part=4, group=3), st.randoms())
def test_refinement_is_as_good_as_tensorly_run_to_a_tight_tolerance(tensor, random):
    decomposition = hosvd(tensor)
    ranks = random.choice(valid_ranks(decomposition.shape))
    refined = refine(decomposition, ranks, max_sweeps=300, tolerance=1e-9).relative_errors[-1]
    reference = tensorly_error(tensor, ranks)
    # Each may end in a local optimum of its own, so the two errors need not be equal.
    assert refined <= reference * 1.05 + 1e-6


@pytest.mark.parametrize("ranks", [Ranks(10, 5, 4), Ranks(5, 2, 1), Ranks(20, 7, 2), Ranks(1, 1, 1), Ranks(30, 6, 3)])
@pytest.mark.parametrize("kind", ["white", "decaying", "low-rank plus noise"])
def test_the_default_refinement_comes_within_a_thousandth_of_tensorly(kind, ranks):
    tensor = random_tensor(TensorShape(40, 8, 4, 3), kind, 0)
    refined = refine(hosvd(tensor), ranks).relative_errors[-1]
    assert refined <= tensorly_error(tensor, ranks) * 1.001


def test_full_ranks_stay_lossless():
    tensor = random_tensor(TensorShape(20, 6, 4, 3), "white", 0)
    refinement = refine(hosvd(tensor), Ranks(20, 6, 4))
    assert refinement.converged
    assert direct_error(tensor, refinement.tucker) < 1e-6


def test_a_zero_tensor_has_nothing_to_refine():
    refinement = refine(hosvd(torch.zeros(6, 3, 4, 2)), Ranks(2, 2, 2))
    assert refinement.relative_errors[-1] == 0
    assert refinement.converged


def test_sweeps_are_reported_and_counted():
    calls = []
    refinement = refine(
        hosvd(random_tensor(TensorShape(20, 6, 4, 3), "white", 0)),
        Ranks(4, 2, 2),
        max_sweeps=3,
        tolerance=0.0,
        on_sweep=lambda sweep, error: calls.append((sweep, error)) is None,
    )
    errors = refinement.relative_errors
    assert calls == [(0, errors[0]), (1, errors[2]), (2, errors[3]), (3, errors[4])]
    assert (refinement.sweeps, refinement.converged, refinement.stopped) == (3, False, False)


def test_no_sweep_at_all_is_sequential_truncation():
    decomposition = hosvd(random_tensor(TensorShape(20, 6, 4, 3), "white", 0))
    refinement = refine(decomposition, Ranks(4, 2, 2), max_sweeps=0)
    assert refinement.sweeps == 0
    assert refinement.relative_errors[1] < refinement.relative_errors[0]


def test_a_stop_before_the_first_sweep_gives_the_truncation():
    decomposition = hosvd(random_tensor(TensorShape(20, 6, 4, 3), "white", 0))
    refinement = refine(decomposition, Ranks(4, 2, 2), on_sweep=lambda sweep, error: False)
    assert (refinement.sweeps, refinement.converged, refinement.stopped) == (0, False, True)
    assert refinement.tucker.core.equal(truncate(decomposition, Ranks(4, 2, 2)).core)


def test_a_stop_after_a_sweep_keeps_the_best_decomposition_so_far():
    tensor = random_tensor(TensorShape(20, 6, 4, 3), "white", 0)
    refinement = refine(hosvd(tensor), Ranks(4, 2, 2), tolerance=0.0, on_sweep=lambda sweep, error: sweep < 2)
    assert (refinement.sweeps, refinement.converged, refinement.stopped) == (2, False, True)
    assert refinement.relative_errors[-1] == pytest.approx(direct_error(tensor, refinement.tucker), abs=1e-6)


def test_impossible_ranks_are_refused():
    decomposition = hosvd(random_tensor(TensorShape(20, 6, 4, 3), "white", 0))
    for ranks in (Ranks(7, 2, 1), Ranks(0, 1, 1), Ranks(21, 6, 4)):
        with pytest.raises(RankError):
            refine(decomposition, ranks)


@pytest.mark.parametrize("noise", [1e-4, 1.0])
def test_a_large_tensor_is_refined_in_float32_and_reports_its_true_error(noise):
    shape = TensorShape(1100, 64, 4, 16)
    tensor = 0.1 * random_tensor(TensorShape(12, 5, 3, 16), "white", 0)
    generator = torch.Generator().manual_seed(0)
    u1, u2, u3 = (
        torch.randn(size, rank, generator=generator) for size, rank in zip(shape[:3], tensor.shape[:3], strict=True)
    )
    tensor = torch.einsum("abcg,ia,jb,kc->ijkg", tensor, u1, u2, u3)
    tensor += noise * torch.randn(shape, generator=generator)
    decomposition = hosvd(tensor)
    refinement = refine(decomposition, Ranks(12, 5, 3), max_sweeps=3)
    direct = direct_error(tensor, refinement.tucker)
    assert refinement.relative_errors[-1] == pytest.approx(direct, rel=1e-3)
    assert direct <= landscape(decomposition).relative_error(Ranks(12, 5, 3)) * (1 + 1e-3)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_refines_to_the_same_error():
    tensor = random_tensor(TensorShape(96, 16, 4, 4), "decaying", 0)
    on_cpu, on_cuda = (refine(hosvd(tensor.to(device)), Ranks(10, 5, 3)) for device in ("cpu", "cuda"))
    assert on_cuda.tucker.core.is_cuda
    assert on_cuda.relative_errors[-1] == pytest.approx(on_cpu.relative_errors[-1], rel=1e-4)
