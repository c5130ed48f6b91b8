"""Products have the accuracy of float32 whatever the settings of the process are, and the fast kernel is right."""

from __future__ import annotations

import threading

import pytest
import torch
from einops import einsum

from tensorllm_core.linalg.products import first_mode, full_precision, group_energy, later_modes, row_products
from tests.patience import PATIENCE


@pytest.fixture
def settings():
    """The process's precision settings; put back after the test."""
    backends = (torch.backends.cuda.matmul, torch.backends.mkldnn.matmul)
    before = [backend.fp32_precision for backend in backends]
    yield lambda: tuple(backend.fp32_precision for backend in backends)
    torch.set_float32_matmul_precision("highest")
    for backend, setting in zip(backends, before, strict=True):
        backend.fp32_precision = setting


@pytest.mark.parametrize("precision", ["highest", "high", "medium"])
def test_full_precision_holds_inside_and_leaves_the_process_as_it_was(settings, precision):
    torch.set_float32_matmul_precision(precision)
    before = settings()
    with full_precision(), full_precision():
        assert set(settings()) <= {"ieee", "none"}
    assert settings() == before


def test_full_precision_comes_back_after_an_error(settings):
    torch.backends.cuda.matmul.fp32_precision = "tf32"
    with pytest.raises(ZeroDivisionError), full_precision():
        raise ZeroDivisionError
    assert torch.backends.cuda.matmul.fp32_precision == "tf32"


def test_full_precision_lasts_until_the_last_of_two_threads_is_done(settings):
    torch.backends.cuda.matmul.fp32_precision = "tf32"
    inside, leave = threading.Event(), threading.Event()

    def hold():
        with full_precision():
            inside.set()
            leave.wait(PATIENCE)

    thread = threading.Thread(target=hold)
    thread.start()
    inside.wait(PATIENCE)
    with full_precision():
        leave.set()
        thread.join()
        assert torch.backends.cuda.matmul.fp32_precision == "ieee"
    assert torch.backends.cuda.matmul.fp32_precision == "tf32"


def test_the_older_switches_can_be_read_inside_when_nothing_had_to_change():
    with full_precision():
        assert torch.backends.cuda.matmul.allow_tf32 is False


@pytest.mark.parametrize("transposed", [False, True])
def test_large_row_products_are_as_accurate_as_float32_is(transposed):
    generator = torch.Generator().manual_seed(0)
    left = torch.randn(512, 768, generator=generator)
    right = torch.randn(768, 520, generator=generator).T if transposed else torch.randn(520, 768, generator=generator)
    exact = left.double() @ right.double().T
    error = row_products(left, right).double() - exact
    assert error.norm() < 2e-6 * exact.norm()


def test_mode_products_equal_the_direct_sums():
    generator = torch.Generator().manual_seed(0)

    def normal(*size):
        return torch.randn(*size, generator=generator, dtype=torch.float64)

    tensor, u1, u2, u3 = normal(7, 5, 4, 3), normal(7, 2), normal(5, 6), normal(4, 3)
    first = einsum(tensor, u1, "a b c g, a r -> r b c g")
    later = einsum(tensor, u2, u3, "a b c g, b r, c s -> a r s g")
    torch.testing.assert_close(first_mode(tensor, u1), first)
    torch.testing.assert_close(later_modes(tensor, u2, u3), later)


def test_later_modes_may_write_over_the_tensor_and_else_leaves_it():
    tensor, before = (torch.arange(48.0).view(4, 2, 3, 2) for _ in range(2))
    u2, u3 = torch.tensor([[0.0, 1.0], [1.0, 0.0]]), torch.eye(3)
    swapped = later_modes(tensor, u2, u3)
    assert tensor.equal(before)
    assert later_modes(tensor, u2, u3, target=tensor) is tensor
    assert tensor.equal(swapped)
    assert swapped.equal(before.flip(1))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_energy_is_summed_in_float64_and_leaves_the_tensor(dtype):
    tensor = torch.full((3, 2, 2, 4), 3.0, dtype=dtype)
    energy = group_energy(tensor)
    assert energy.dtype is torch.float64
    assert energy.unique().tolist() == [36.0]
    assert tensor.unique().tolist() == [3.0]
