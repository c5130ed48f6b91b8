"""The decomposition at full ranks is the tensor itself, in orthonormal bases, with the unfoldings' singular values."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tensorllm_core.errors import StoppedError
from tensorllm_core.linalg.hosvd import hosvd, reconstruct, truncate
from tensorllm_core.linalg.landscape import landscape
from tensorllm_core.types import Ranks, TensorShape
from tests.linalg.strategies import direct_error, direct_reconstruction, random_tensor, singular_values, tensors

LARGE = TensorShape(1100, 64, 4, 16)
"""Just too large to be decomposed in float64."""


def full_ranks(decomposition):
    return Ranks(*decomposition.core.shape[:3])


@given(tensors())
def test_full_ranks_lose_nothing(tensor):
    decomposition = hosvd(tensor)
    assert direct_error(tensor, truncate(decomposition, full_ranks(decomposition))) < 1e-6
    assert decomposition.shape == tensor.shape
    assert decomposition.norm == pytest.approx(float(tensor.double().norm()), rel=1e-6)


@given(tensors())
def test_spectra_are_the_singular_values_of_the_unfoldings(tensor):
    for mode, spectrum in enumerate(hosvd(tensor).spectra, start=1):
        torch.testing.assert_close(spectrum, singular_values(tensor, mode), rtol=1e-6, atol=1e-6 * float(tensor.norm()))
        assert (spectrum.diff() <= 0).all()


@given(tensors())
def test_the_core_is_all_orthogonal_in_modes_1_to_3(tensor):
    core = hosvd(tensor.double()).core
    for mode in range(3):
        slices = core.movedim(mode, 0).flatten(1)
        products = slices @ slices.T
        assert (products - products.diag().diag()).abs().max() <= 1e-10 * core.norm() ** 2


@given(tensors(), st.randoms())
def test_truncation_and_reconstruction_agree_with_the_direct_sum(tensor, random):
    decomposition = hosvd(tensor)
    ranks = Ranks(*(random.randint(1, size) for size in decomposition.core.shape[:3]))
    tucker = truncate(decomposition, ranks)
    assert tucker.ranks == ranks
    rebuilt = reconstruct(tucker)
    assert rebuilt.shape == tensor.shape
    torch.testing.assert_close(rebuilt, direct_reconstruction(tucker), rtol=0, atol=1e-6 * float(tensor.norm()))


def test_a_zero_tensor_has_bases_too():
    decomposition = hosvd(torch.zeros(6, 3, 4, 2))
    assert decomposition.norm == 0
    assert decomposition.u1.T @ decomposition.u1 == pytest.approx(torch.eye(6))


@pytest.mark.parametrize(
    ("given_dtype", "dtype"),
    [(torch.bfloat16, torch.float32), (torch.float16, torch.float32), (torch.float64, torch.float64)],
)
def test_half_precision_becomes_float32_and_float64_stays(given_dtype, dtype):
    tensor = random_tensor(TensorShape(12, 5, 4, 2), "white", 0).to(given_dtype)
    decomposition = hosvd(tensor)
    assert {array.dtype for array in (decomposition.core, decomposition.u1, decomposition.u2, decomposition.u3)} == {
        dtype
    }
    assert direct_error(tensor, truncate(decomposition, Ranks(12, 5, 4))) < (1e-12 if dtype is torch.float64 else 1e-6)


def test_the_input_is_left_as_it_is_and_no_gradient_is_kept():
    tensor = random_tensor(TensorShape(5, 12, 4, 2), "white", 0).double().transpose(0, 1).requires_grad_()
    before = tensor.detach().clone()
    decomposition = hosvd(tensor)
    assert tensor.detach().equal(before)
    assert not decomposition.core.requires_grad
    assert direct_error(before, truncate(decomposition, Ranks(12, 5, 4))) < 1e-12


def test_the_same_weights_give_the_same_decomposition():
    tensor = random_tensor(TensorShape(64, 16, 4, 4), "decaying", 0)
    first, second = hosvd(tensor), hosvd(tensor.clone())
    assert first.core.equal(second.core)
    assert first.u1.equal(second.u1)


def test_progress_rises_and_may_stop_the_work():
    shares = []
    tensor = random_tensor(TensorShape(12, 5, 4, 2), "white", 0)
    hosvd(tensor, progress=lambda share, what: shares.append(share) is None)
    assert shares == sorted(shares)
    assert 0 <= shares[0] <= shares[-1] <= 1
    with pytest.raises(StoppedError, match="was stopped before it was done"):
        hosvd(tensor, progress=lambda share, what: share < 0.5)


def test_a_large_tensor_is_reported_often_so_that_a_stop_is_heard_soon():
    shares = []
    tensor = random_tensor(LARGE, "decaying", 0)
    hosvd(tensor, progress=lambda share, what: shares.append(share) is None)
    assert shares == sorted(shares)
    # Halfway through the reports the work may be stopped too.
    left = iter(range(len(shares) // 2))
    with pytest.raises(StoppedError):
        hosvd(tensor, progress=lambda share, what: next(left, None) is not None)
    assert len(shares) > 25


def test_a_large_tensor_keeps_the_accuracy_of_float32():
    tensor = random_tensor(LARGE, "decaying", 0)
    decomposition = hosvd(tensor)
    for basis in (decomposition.u1.double(), decomposition.u2.double(), decomposition.u3.double()):
        assert (basis.T @ basis - torch.eye(basis.shape[1])).norm() < 1e-5 * math.sqrt(basis.shape[1])
    errors = landscape(decomposition)
    for ranks in (Ranks(1100, 64, 4), Ranks(1100, 64, 3), Ranks(300, 20, 4), Ranks(5, 1, 1)):
        expected = direct_error(tensor, truncate(decomposition, ranks))
        assert errors.relative_error(ranks) == pytest.approx(expected, abs=1e-5)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("shape", [TensorShape(96, 16, 4, 4), LARGE])
def test_cuda_gives_the_same_errors_and_never_uses_tf32(shape):
    tensor = random_tensor(shape, "decaying", 0)
    torch.backends.cuda.matmul.fp32_precision = "tf32"
    try:
        decomposition = hosvd(tensor.cuda())
        assert torch.backends.cuda.matmul.fp32_precision == "tf32"
    finally:
        torch.backends.cuda.matmul.fp32_precision = "ieee"
    assert decomposition.core.is_cuda
    on_cpu, on_cuda = landscape(hosvd(tensor)), landscape(decomposition)
    for ranks in (Ranks(*shape[:3]), Ranks(30, 8, 3), Ranks(2, 1, 1)):
        assert on_cuda.relative_error(ranks) == pytest.approx(on_cpu.relative_error(ranks), abs=1e-5)
        assert on_cuda.relative_error_by_part_and_group(ranks) == pytest.approx(
            on_cpu.relative_error_by_part_and_group(ranks), abs=1e-4
        )
