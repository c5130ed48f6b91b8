"""Errors of single slices are those of a direct reconstruction, at the checkpoints and between them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorllm_core.linalg.hosvd import hosvd, truncate
from tensorllm_core.linalg.landscape import landscape
from tensorllm_core.types import Ranks, TensorShape
from tests.linalg.strategies import direct_difference, random_tensor, tensors

# With these shapes the products are summed on demand alone, with a few stored sums, and with a sum at every row.
SHAPES = [TensorShape(64, 16, 6, 4), TensorShape(24, 4, 10, 1), TensorShape(96, 5, 2, 3), TensorShape(40, 3, 1, 9)]


def check_slices(tensor, decomposition, errors, ranks):
    squared_error = direct_difference(tensor, truncate(decomposition, ranks)).square().sum(dim=(0, 1)).numpy()
    energy = tensor.double().square().sum(dim=(0, 1)).numpy()
    norm = np.sqrt(energy.sum())
    by_slice = errors.relative_error_by_part_and_group(ranks)
    # Times the norm of the slice: relative to itself, a slice that is tiny beside the tensor may have a larger error.
    assert by_slice * np.sqrt(energy) == pytest.approx(np.sqrt(squared_error) * (energy > 0), abs=2e-6 * norm)
    by_part, by_group = errors.relative_error_by_part(ranks), errors.relative_error_by_group(ranks)
    assert by_part * np.sqrt(energy.sum(1)) == pytest.approx(np.sqrt(squared_error.sum(1)), abs=2e-6 * norm)
    assert by_group * np.sqrt(energy.sum(0)) == pytest.approx(np.sqrt(squared_error.sum(0)), abs=2e-6 * norm)
    total = errors.relative_error(ranks) * norm
    assert np.sqrt((by_part**2 * energy.sum(1)).sum()) == pytest.approx(total, abs=2e-6 * norm)


@given(tensors(), st.randoms())
def test_errors_by_part_and_group_equal_direct_reconstruction(tensor, random):
    decomposition = hosvd(tensor)
    errors = landscape(decomposition)
    ranks = Ranks(*(random.randint(1, size) for size in errors.table.shape))
    check_slices(tensor, decomposition, errors, ranks)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_errors_by_part_and_group_hold_between_the_checkpoints(shape):
    tensor = random_tensor(shape, "decaying", 0)
    decomposition = hosvd(tensor)
    errors = landscape(decomposition)
    for r1 in range(1, errors.table.shape[0] + 1, 3):
        check_slices(tensor, decomposition, errors, Ranks(r1, 1 + r1 % shape.d_head, 1 + r1 % shape.part))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_stored_products_take_at_most_a_quarter_of_the_tensor(shape):
    products = landscape(hosvd(random_tensor(shape, "white", 0))).products
    assert products.stored.numel() * 8 <= products.core.numel()
