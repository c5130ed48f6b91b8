"""Errors of parts and groups on a grid of ranks, against a rebuilt tensor; ranks and entries for large pictures."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tensorllm_core.linalg.hosvd import hosvd, reconstruct, truncate
from tensorllm_core.linalg.part_products import PartProducts, part_products
from tensorllm_core.linalg.sampling import rank_grid, strongest_entries
from tensorllm_core.linalg.slice_tables import slice_tables
from tensorllm_core.types import Ranks

SHAPES = st.tuples(st.integers(1, 9), st.integers(1, 5), st.integers(1, 4), st.integers(1, 3))


def rebuilt_errors(tensor: torch.Tensor, ranks: Ranks, sum_over: tuple[int, ...]) -> np.ndarray:
    """Relative errors of slices of a truncation, from the tensor that it rebuilds."""
    lost = (tensor - reconstruct(truncate(hosvd(tensor), ranks))).square().sum(dim=sum_over)
    return (lost / tensor.square().sum(dim=sum_over)).sqrt().numpy()


@given(shape=SHAPES, seed=st.integers(0, 999))
def test_the_tables_hold_the_errors_of_the_rebuilt_tensor(shape, seed):
    tensor = torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    decomposition = hosvd(tensor)
    k1, k2, k3, _ = decomposition.core.shape
    r1, r2 = np.unique([1, (k1 + 1) // 2, k1]), np.unique([1, k2])
    tables = slice_tables(part_products(decomposition), r1, r2)
    for (i, first), (j, second), third in itertools.product(enumerate(r1), enumerate(r2), range(1, k3 + 1)):
        ranks = Ranks(int(first), int(second), third)
        assert tables.by_part[i, j, third - 1] == pytest.approx(rebuilt_errors(tensor, ranks, (0, 1, 3)), abs=1e-5)
        assert tables.by_group[i, j, third - 1] == pytest.approx(rebuilt_errors(tensor, ranks, (0, 1, 2)), abs=1e-5)
        assert tables.by_slice[i, j, third - 1] == pytest.approx(rebuilt_errors(tensor, ranks, (0, 1)), abs=1e-5)
    assert tables.energy == pytest.approx(tensor.square().sum(dim=(0, 1)).numpy())


@pytest.mark.parametrize("spacing", [1, 2, 3, 100])
def test_the_tables_do_not_depend_on_what_is_stored_on_the_way(spacing):
    products = part_products(hosvd(torch.randn(11, 4, 4, 3, generator=torch.Generator().manual_seed(1)).double()))
    stops = range(spacing, 12, spacing)
    sums = torch.cat([products.stored[:0], *(products._products_between(0, stop)[None] for stop in stops)])
    other = PartProducts(products.core, products.u3, sums, spacing, products.full)
    r1, r2 = np.array([1, 2, 5, 6, 9, 11]), np.array([2, 4])
    assert slice_tables(other, r1, r2).by_part == pytest.approx(slice_tables(products, r1, r2).by_part, abs=1e-6)


def test_a_slice_of_zeros_has_no_error():
    tensor = torch.randn(6, 3, 4, 2, generator=torch.Generator().manual_seed(2))
    tensor[:, :, 1] = 0
    one = np.array([1])
    assert slice_tables(part_products(hosvd(tensor)), one, one).by_part[0, 0, 0, 1] == 0


@given(count=st.integers(1, 5000), most=st.integers(2, 600))
def test_a_grid_of_ranks_rises_from_1_to_the_last_within_its_size(count, most):
    grid = rank_grid(count, most)
    assert (grid[0], grid[-1]) == (1, count)
    assert len(grid) <= most
    assert (np.diff(grid) > 0).all()


def test_a_grid_of_ranks_holds_every_small_one():
    assert rank_grid(4096, 256)[:50].tolist() == list(range(1, 51))


@given(
    shape=st.tuples(st.integers(1, 12), st.integers(1, 9), st.integers(1, 3), st.integers(1, 3)),
    seed=st.integers(0, 99),
)
def test_each_cell_shows_its_strongest_place(shape, seed):
    core = torch.randn(*shape, generator=torch.Generator().manual_seed(seed))
    rows, columns = rank_grid(shape[0], 4), rank_grid(shape[1], 3)
    cells = strongest_entries(core, rows, columns)
    groups = range(shape[3])
    for (i, last_row), (j, last_column), group in itertools.product(enumerate(rows), enumerate(columns), groups):
        first_row = rows[i - 1] if i else 0
        first_column = columns[j - 1] if j else 0
        block = core[first_row:last_row, first_column:last_column, :, group]
        energy = block.square().sum(dim=2)
        assert cells[i, j, :, group].square().sum() == pytest.approx(float(energy.max()), rel=1e-5)
        assert any(torch.equal(cells[i, j, :, group], entry) for entry in block.flatten(0, 1))


def test_on_the_finest_grid_every_entry_is_its_own_cell():
    core = torch.randn(5, 4, 3, 2, generator=torch.Generator().manual_seed(3))
    assert torch.equal(strongest_entries(core, np.arange(1, 6), np.arange(1, 5)), core)
