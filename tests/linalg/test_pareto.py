"""The front holds exactly the rank triples that a try of every triple gives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from tensorllm_core.linalg.hosvd import hosvd
from tensorllm_core.linalg.landscape import Landscape, landscape
from tensorllm_core.linalg.pareto import ParetoFront, pareto_front, pareto_path, stored_entries
from tensorllm_core.types import Ranks, TensorShape
from tests.linalg.strategies import random_tensor, tensors, valid_ranks


def assert_nothing_beats(front: ParetoFront, errors: Landscape, triples: list[Ranks]) -> None:
    """The front holds exactly those of the triples that no other of them beats, in order."""
    points = sorted((errors.shape.stored_entries(ranks), errors.relative_error(ranks)) for ranks in triples)
    expected, best = [], np.inf
    for stored, error in points:
        if error < best:
            expected.append((stored, error))
            best = error
    assert list(zip(front.stored_entries.tolist(), front.relative_error.tolist(), strict=True)) == expected
    for *ranks, stored, error in zip(
        front.r1.tolist(), front.r2.tolist(), front.r3.tolist(), front.stored_entries, front.relative_error, strict=True
    ):
        assert Ranks(*ranks) in triples
        assert (errors.shape.stored_entries(Ranks(*ranks)), errors.relative_error(Ranks(*ranks))) == (stored, error)


@given(tensors(d_model=9, d_head=5, part=4, group=3))
def test_the_front_holds_what_nothing_beats(tensor):
    errors = landscape(hosvd(tensor))
    assert_nothing_beats(pareto_front(errors), errors, valid_ranks(errors.shape))


@given(tensors(d_model=9, d_head=5, part=4, group=3))
def test_a_path_holds_what_nothing_with_the_same_r3_beats(tensor):
    errors = landscape(hosvd(tensor))
    for r3 in range(1, errors.table.shape[2] + 1):
        same = [ranks for ranks in valid_ranks(errors.shape) if ranks.r3 == r3]
        assert_nothing_beats(pareto_path(errors, r3), errors, same)


@pytest.mark.parametrize("limit", [2, 10, 1000])
def test_a_front_with_a_limit_keeps_both_ends(limit):
    errors = landscape(hosvd(random_tensor(TensorShape(64, 16, 4, 8), "decaying", 0)))
    full, front = pareto_front(errors), pareto_front(errors, limit)
    assert len(front.r1) <= limit
    assert (len(front.r1) == len(full.r1)) == (limit >= len(full.r1))
    assert (front.stored_entries[[0, -1]] == full.stored_entries[[0, -1]]).all()
    assert front.relative_error[-1] == 0
    assert (np.diff(front.stored_entries) > 0).all()
    assert (np.diff(front.relative_error) < 0).all()


def test_entries_of_many_triples_are_those_of_each():
    shape = TensorShape(768, 64, 4, 12)
    r1, r2, r3 = np.array([636, 1]), np.array([53, 1]), np.array([4, 1])
    expected = [shape.stored_entries(Ranks(636, 53, 4)), shape.stored_entries(Ranks(1, 1, 1))]
    assert stored_entries(shape, r1, r2, r3).tolist() == expected
