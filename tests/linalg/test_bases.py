"""Bases are orthonormal, complete, ordered and signed the same way every time."""

from __future__ import annotations

import pytest
import torch
from einops import rearrange
from hypothesis import given
from hypothesis import strategies as st

from tensorllm_core.linalg.bases import fix_signs, gram, orthogonal_basis
from tensorllm_core.types import TensorShape
from tests.linalg.strategies import UNFOLDINGS, random_tensor, tensors


@given(tensors(), st.sampled_from([1, 2, 3]))
def test_a_basis_is_orthonormal_and_spans_the_unfolding(tensor, mode):
    tensor = tensor.double()
    unfolding = rearrange(tensor, UNFOLDINGS[mode])
    basis = orthogonal_basis(tensor, mode)
    assert basis.shape == (len(unfolding), min(unfolding.shape))
    torch.testing.assert_close(basis.T @ basis, torch.eye(basis.shape[1]).double(), atol=1e-12, rtol=0)
    torch.testing.assert_close(basis @ (basis.T @ unfolding), unfolding, atol=1e-12 * float(tensor.norm()), rtol=0)


@given(tensors(), st.sampled_from([1, 2, 3]))
def test_directions_come_strongest_first_and_their_largest_entry_is_positive(tensor, mode):
    tensor = tensor.double()
    basis = orthogonal_basis(tensor, mode)
    strength = (basis.T @ rearrange(tensor, UNFOLDINGS[mode])).norm(dim=1)
    assert (strength.diff() <= 1e-7 * tensor.norm()).all()
    assert (basis.gather(0, basis.abs().argmax(dim=0, keepdim=True)) > 0).all()


@pytest.mark.parametrize("mode", [1, 2, 3])
def test_a_tensor_and_its_negative_share_their_bases(mode):
    tensor = random_tensor(TensorShape(12, 5, 4, 2), "white", 0)
    assert orthogonal_basis(tensor, mode).equal(orthogonal_basis(-tensor, mode))


@pytest.mark.parametrize("mode", [2, 3])
def test_gram_matrices_sum_over_all_blocks(mode):
    tensor = random_tensor(TensorShape(700, 32, 4, 16), "white", 0)
    unfolding = rearrange(tensor.double(), UNFOLDINGS[mode])
    torch.testing.assert_close(
        gram(tensor, mode), unfolding @ unfolding.T, rtol=1e-6, atol=1e-6 * float(tensor.norm()) ** 2
    )


def test_the_triangle_of_mode_1_is_reported_as_it_grows():
    shares = []
    orthogonal_basis(random_tensor(TensorShape(600, 4, 4, 40), "white", 0), 1, shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert len(shares) > 2


def test_the_signs_are_returned_so_that_the_core_can_follow():
    basis, signs = fix_signs(torch.tensor([[0.1, 3.0], [-2.0, 1.0]]))
    assert signs.tolist() == [-1.0, 1.0]
    assert basis[:, 0].tolist() == [pytest.approx(-0.1), 2.0]
