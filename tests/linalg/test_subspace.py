"""A subspace only gets better, and the best is what the SVD says it is."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tensorllm_core.linalg.subspace import better_subspace, has_few_directions, orthonormalised, strongest_subspace


def kept(matrix, directions):
    return float((directions.T @ matrix).square().sum())


def random_matrix(rows, columns, seed):
    generator = torch.Generator().manual_seed(seed)
    matrix = torch.randn(rows, columns, generator=generator, dtype=torch.float64)
    return matrix * torch.arange(1, rows + 1)[:, None] ** -0.3


@given(st.integers(1, 30), st.integers(1, 30), st.randoms())
def test_the_strongest_subspace_keeps_the_largest_singular_values(rows, columns, random):
    matrix = random_matrix(rows, columns, random.randrange(2**31))
    rank = random.randint(1, min(rows, columns))
    directions = strongest_subspace(matrix, rank)
    torch.testing.assert_close(directions.T @ directions, torch.eye(rank).double(), atol=1e-12, rtol=0)
    largest = torch.linalg.svdvals(matrix)[:rank].square().sum()
    assert kept(matrix, directions) == pytest.approx(float(largest), rel=1e-10)


def test_directions_beyond_a_matrix_of_low_rank_are_orthonormal_too():
    matrix = torch.ones(6, 4, dtype=torch.float64)
    directions = strongest_subspace(matrix, 3)
    torch.testing.assert_close(directions.T @ directions, torch.eye(3).double(), atol=1e-12, rtol=0)
    assert kept(matrix, directions) == pytest.approx(24)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(
    ("rows", "columns", "rank"), [(700, 900, 60), (900, 700, 100), (1100, 1200, 400), (300, 900, 200)]
)
def test_each_step_keeps_more_and_all_together_nearly_the_most(rows, columns, rank, dtype):
    matrix = random_matrix(rows, columns, 0).to(dtype)
    directions = torch.linalg.qr(torch.randn(rows, rank, generator=torch.Generator().manual_seed(1)).to(dtype)).Q
    energy = [kept(matrix, directions)]
    for _ in range(4):
        directions = better_subspace(matrix, directions)
        energy.append(kept(matrix, directions))
        assert energy[-1] >= energy[-2] * (1 - 1e-6 if dtype is torch.float32 else 1 - 1e-13)
    best = float(torch.linalg.svdvals(matrix.double())[:rank].square().sum())
    assert energy[-1] == pytest.approx(best, rel=1e-4 if has_few_directions(matrix, rank) else 0.02)
    assert energy[-1] <= best * (1 + 1e-5)


@pytest.mark.parametrize("dependent", [0.0, 1e-3, 1e-6, 1.0])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_columns_become_orthonormal_however_close_they_are(dependent, dtype):
    columns = random_matrix(200, 10, 0)
    columns[:, 9] = columns[:, 8] * dependent + columns[:, 9] * (1 - dependent)
    columns = columns.to(dtype)
    basis = orthonormalised(columns)
    exact = 1e-6 if dtype is torch.float32 else 1e-13
    torch.testing.assert_close(basis.T @ basis, torch.eye(10).to(dtype), atol=exact, rtol=0)
    torch.testing.assert_close(basis @ (basis.T @ columns), columns, atol=1e3 * exact, rtol=0)
