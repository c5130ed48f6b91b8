"""The worst part or group of every rank triple is that of a direct reconstruction, and the search finds the best."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tensorllm_core.linalg import products
from tensorllm_core.linalg.hosvd import hosvd, truncate
from tensorllm_core.linalg.kept_slices import ranks_that_keep_slices, worst_errors
from tensorllm_core.linalg.landscape import landscape
from tensorllm_core.types import Ranks, TensorShape
from tests.linalg.strategies import direct_difference, random_tensor, tensors, valid_ranks


def direct_worst(tensor, decomposition, ranks) -> float:
    """The largest error of a part or group, by a reconstruction; a slice that is only rounding counts as zero."""
    lost = direct_difference(tensor, truncate(decomposition, ranks)).square().sum(dim=(0, 1))
    energy = tensor.double().square().sum(dim=(0, 1))
    pairs = [(lost.sum(axis), energy.sum(axis)) for axis in (0, 1)]
    return max(float((error / norm.clamp(min=1e-300)).where(norm > 0, norm).max()) ** 0.5 for error, norm in pairs)


@settings(max_examples=60)
@given(tensors(d_model=12, d_head=5, part=6, group=3), st.randoms())
def test_the_worst_error_is_that_of_a_direct_reconstruction(tensor, random):
    decomposition = hosvd(tensor.double())
    worst = worst_errors(landscape(decomposition).products)
    for _ in range(8):
        ranks = Ranks(*(random.randint(1, size) for size in worst.shape))
        expected = direct_worst(tensor, decomposition, ranks)
        assert worst[tuple(rank - 1 for rank in ranks)] == pytest.approx(expected, abs=2e-5)


def test_it_is_the_same_in_many_small_blocks(monkeypatch):
    table = landscape(hosvd(random_tensor(TensorShape(30, 6, 8, 3), "decaying", 3)))
    whole = worst_errors(table.products)
    monkeypatch.setattr(products, "_BLOCK_ENTRIES", 2 * 6 * 8 * 3)
    assert worst_errors(table.products) == pytest.approx(whole, abs=1e-6)


def uneven(seed: int):
    """Parts of very different norms, as V and O beside Q and K in models with grouped attention."""
    sizes = torch.logspace(0, -1.5, 6)[None, None, :, None]
    return random_tensor(TensorShape(24, 6, 6, 2), "decaying", seed) * sizes


@pytest.mark.parametrize("most", [0.05, 0.3, 0.5, 0.8])
@pytest.mark.parametrize("seed", range(3))
def test_no_smaller_ranks_keep_every_slice(seed, most):
    tensor = uneven(seed)
    decomposition = hosvd(tensor)
    table = landscape(decomposition)
    found, shape = ranks_that_keep_slices(table, most), table.shape
    saving = [ranks for ranks in valid_ranks(shape) if shape.stored_entries(ranks) < shape.entries]
    errors = {ranks: direct_worst(tensor, decomposition, ranks) for ranks in saving}
    assert found in errors
    enough = [ranks for ranks in saving if errors[ranks] <= most - 1e-6]
    if enough:
        assert errors[found] <= most + 1e-6
        assert shape.stored_entries(found) <= min(map(shape.stored_entries, enough))
    else:
        assert errors[found] <= min(errors.values()) + 1e-5


def test_the_noise_floor_may_lose_a_part_that_these_ranks_keep():
    table = landscape(hosvd(uneven(0)))
    by_part = table.relative_error_by_part(ranks_that_keep_slices(table))
    assert by_part.max() <= 0.5
    smallest = int(np.argmin(table.products.slice_errors(Ranks(*table.table.shape)).energy.sum(axis=1)))
    assert table.relative_error_by_part(Ranks(4, 3, 1))[smallest] > 0.95


def test_a_tensor_of_zeros_and_one_too_small_to_save_anything_have_ranks_too():
    assert ranks_that_keep_slices(landscape(hosvd(torch.zeros(6, 3, 4, 2)))) == Ranks(1, 1, 1)
    assert ranks_that_keep_slices(landscape(hosvd(torch.ones(1, 1, 1, 1)))) == Ranks(1, 1, 1)
