"""Single slices agree with the whole reconstruction."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tensorllm_core.linalg.hosvd import hosvd, truncate
from tensorllm_core.linalg.slices import core_seen_from_part, reconstruct_slice, slice_errors
from tensorllm_core.types import Ranks
from tests.linalg.strategies import direct_difference, direct_reconstruction, tensors


@given(tensors(), st.randoms())
def test_a_slice_is_the_slice_of_the_whole(tensor, random):
    decomposition = hosvd(tensor)
    tucker = truncate(decomposition, Ranks(*(random.randint(1, size) for size in decomposition.core.shape[:3])))
    part, group = random.randrange(tensor.shape[2]), random.randrange(tensor.shape[3])
    expected = direct_reconstruction(tucker)[:, :, part, group]
    scale = float(tensor.norm())
    torch.testing.assert_close(reconstruct_slice(tucker, part, group), expected, rtol=0, atol=1e-6 * scale)
    seen = core_seen_from_part(tucker, part)[:, :, group]
    torch.testing.assert_close(tucker.u1 @ seen @ tucker.u2.T, expected, rtol=0, atol=1e-6 * scale)


@given(tensors(), st.randoms())
def test_slice_errors_are_those_of_the_whole(tensor, random):
    decomposition = hosvd(tensor)
    tucker = truncate(decomposition, Ranks(*(random.randint(1, size) for size in decomposition.core.shape[:3])))
    errors = slice_errors(tensor, tucker)
    lost = direct_difference(tensor, tucker).square().sum(dim=(0, 1))
    energy = tensor.double().square().sum(dim=(0, 1))
    assert errors.squared_error == pytest.approx(lost.numpy(), rel=1e-9, abs=1e-12 * float(energy.sum()))
    assert errors.energy == pytest.approx(energy.numpy())
    assert errors.by_part() ** 2 * energy.sum(1).numpy() == pytest.approx(
        lost.sum(1).numpy(), abs=1e-9 * float(energy.sum())
    )
