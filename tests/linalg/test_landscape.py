"""Every error in the table is the error of a direct reconstruction, for the whole and for each slice."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tensorllm_core.errors import RankError
from tensorllm_core.linalg.hosvd import hosvd, truncate
from tensorllm_core.linalg.landscape import landscape
from tensorllm_core.linalg.refinement import refine
from tensorllm_core.types import Ranks, TensorShape
from tests.linalg.strategies import direct_error, random_tensor, tensors, valid_ranks


def pick_ranks(random, sizes):
    return Ranks(*(random.randint(1, size) for size in sizes))


@given(tensors(), st.randoms())
def test_errors_equal_direct_reconstruction(tensor, random):
    decomposition = hosvd(tensor)
    errors = landscape(decomposition)
    ranks = pick_ranks(random, errors.table.shape)
    assert errors.relative_error(ranks) == pytest.approx(direct_error(tensor, truncate(decomposition, ranks)), abs=1e-6)


@given(tensors())
def test_errors_never_rise_with_any_rank_and_end_at_zero(tensor):
    table = landscape(hosvd(tensor)).table
    for axis in range(3):
        assert (np.diff(table, axis=axis) <= 0).all()
    assert table[-1, -1, -1] == 0
    assert (table >= 0).all()
    assert (table <= 1).all()


@settings(max_examples=50)
@given(tensors(d_model=10, d_head=5, part=4, group=3), st.randoms())
def test_the_certificate_holds_the_best_and_the_truncated_error(tensor, random):
    decomposition = hosvd(tensor)
    errors = landscape(decomposition)
    ranks = random.choice(valid_ranks(decomposition.shape))
    bounds = errors.error_bounds(ranks)
    refined = refine(decomposition, ranks).relative_errors[-1]
    assert bounds.lower <= refined + 1e-7
    assert refined - 1e-12 <= errors.relative_error(ranks) <= bounds.upper <= 1
    # tau_1 + tau_2 + tau_3 <= 3 err2(best), and no refinement beats the best.
    assert bounds.upper <= np.sqrt(3) * refined + 1e-6


def test_the_certificate_is_made_of_the_spectra():
    decomposition = hosvd(random_tensor(TensorShape(20, 6, 4, 3), "decaying", 0))
    beyond = [float(s[r:].square().sum()) for s, r in zip(decomposition.spectra, (7, 3, 2), strict=True)]
    bounds = landscape(decomposition).error_bounds(Ranks(7, 3, 2))
    assert bounds.lower == pytest.approx(np.sqrt(max(beyond)) / decomposition.norm)
    assert bounds.upper == pytest.approx(min(1, np.sqrt(sum(beyond)) / decomposition.norm))


def test_a_grid_holds_the_errors_of_its_pairs():
    errors = landscape(hosvd(random_tensor(TensorShape(20, 6, 4, 3), "white", 0)))
    grid = errors.error_grid(2, range(1, 21, 4), np.array([1, 5, 6]))
    assert grid.dtype == np.float32
    assert grid.shape == (5, 3)
    assert grid[2, 1] == np.float32(errors.relative_error(Ranks(9, 5, 2)))


@pytest.mark.parametrize("ranks", [Ranks(0, 1, 1), Ranks(21, 1, 1), Ranks(1, -1, 1), Ranks(1, 1, 5)])
def test_ranks_outside_the_table_are_refused(ranks):
    errors = landscape(hosvd(random_tensor(TensorShape(20, 6, 4, 3), "white", 0)))
    for ask in (
        errors.relative_error,
        errors.error_bounds,
        errors.relative_error_by_part,
        lambda at: errors.error_grid(at.r3, [at.r1], [at.r2]),
    ):
        with pytest.raises(RankError, match=r"Expected ranks from \(1, 1, 1\) to \(20, 6, 4\), got"):
            ask(ranks)


def test_small_errors_are_as_accurate_as_large_ones():
    low_rank = random_tensor(TensorShape(20, 6, 4, 3), "low-rank", 0).double()
    tensor = low_rank + 1e-10 * random_tensor(TensorShape(20, 6, 4, 3), "white", 1)
    decomposition = hosvd(tensor)
    errors = landscape(decomposition)
    for ranks in (Ranks(10, 3, 2), Ranks(15, 4, 3), Ranks(20, 6, 3)):
        expected = direct_error(tensor, truncate(decomposition, ranks))
        assert errors.relative_error(ranks) == pytest.approx(expected, rel=1e-3)
        assert refine(decomposition, ranks).relative_errors[0] == pytest.approx(expected, rel=1e-3)


def test_nothing_to_lose_is_no_error():
    errors = landscape(hosvd(torch.zeros(6, 3, 4, 2)))
    assert errors.relative_error(Ranks(1, 1, 1)) == 0
    assert errors.relative_error_by_part(Ranks(1, 1, 1)).tolist() == [0, 0, 0, 0]
    assert errors.error_bounds(Ranks(1, 1, 1)).upper == 0
