"""Ranks are chosen as trying every triple would choose them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorllm_core.errors import RankError, RequestError
from tensorllm_core.linalg.hosvd import hosvd
from tensorllm_core.linalg.landscape import landscape
from tensorllm_core.linalg.rank_choice import (
    break_even_r1,
    break_even_tied,
    check_ranks,
    clamp_ranks,
    largest_rank,
    rank_limits,
    ranks_for_compression,
    ranks_for_error,
    tied_ranks,
)
from tensorllm_core.types import Ranks, TensorShape
from tests.linalg.strategies import is_valid, random_tensor, shapes, tensors, valid_ranks

ROBERTA = TensorShape(768, 64, 4, 12)


def triples(largest):
    return st.builds(Ranks, *(st.integers(-2, largest) for _ in range(3)))


@given(shapes(), triples(24))
def test_ranks_pass_exactly_when_a_decomposition_can_have_them(shape, ranks):
    if is_valid(shape, ranks):
        assert check_ranks(shape, ranks) == ranks
        assert clamp_ranks(shape, ranks) == ranks
    else:
        with pytest.raises(RankError, match=r"Expected .*, got .*; "):
            check_ranks(shape, ranks)
        assert is_valid(shape, clamp_ranks(shape, ranks))


@given(shapes(), triples(24))
def test_clamped_ranks_are_only_moved_as_far_as_they_must_be(shape, ranks):
    clamped = clamp_ranks(shape, ranks)
    for mode in (1, 2, 3):
        if clamped[mode - 1] < ranks[mode - 1]:
            assert clamped[mode - 1] == largest_rank(shape, clamped, mode)
        if clamped[mode - 1] > ranks[mode - 1]:
            assert clamped[mode - 1] == 1


@given(shapes())
def test_full_ranks_are_valid(shape):
    assert is_valid(shape, rank_limits(shape))


@given(shapes(), st.integers(-1, 30), st.integers(-1, 8))
def test_tied_ranks_are_valid(shape, r, r3):
    assert is_valid(shape, tied_ranks(shape, r, r3))


@given(shapes(), st.randoms())
def test_break_even_is_the_last_rank_that_stores_less_than_the_tensor(shape, random):
    limits = rank_limits(shape)
    r2, r3 = random.randint(1, limits.r2), random.randint(1, limits.r3)
    every = range(1, largest_rank(shape, Ranks(1, r2, r3), mode=1) + 1)
    saving = [r1 for r1 in every if shape.stored_entries(Ranks(r1, r2, r3)) < shape.entries]
    assert break_even_r1(shape, r2, r3) == max(saving, default=0)
    tied = [
        r
        for r in range(1, min(shape.d_head, shape.d_model // shape.group) + 1)
        if shape.compression_ratio(tied_ranks(shape, r, r3)) > 1
    ]
    assert break_even_tied(shape, r3) == max(tied, default=0)


def test_a_refusal_names_the_limits():
    with pytest.raises(RankError, match=r"from \(1, 1, 1\) to \(768, 64, 4\), got \(769, 1, 1\)"):
        check_ranks(ROBERTA, Ranks(769, 1, 1))
    with pytest.raises(RankError, match=r"R1 of at most R2 x R3 x groups = 24, got .*; lower R1 or raise R2 or R3"):
        check_ranks(ROBERTA, Ranks(25, 2, 1))


@given(tensors(d_model=9, d_head=5, part=4, group=3), st.floats(0, 1), st.randoms())
def test_ranks_for_an_error_store_the_least(tensor, max_error, random):
    errors = landscape(hosvd(tensor))
    every = valid_ranks(errors.shape)
    for limit in (max_error, errors.relative_error(random.choice(every)), 0.0):
        enough = [ranks for ranks in every if errors.relative_error(ranks) <= limit]
        best = min(enough, key=lambda ranks: (errors.shape.stored_entries(ranks), errors.relative_error(ranks)))
        chosen = ranks_for_error(errors, limit)
        assert chosen in enough
        assert errors.shape.stored_entries(chosen) == errors.shape.stored_entries(best)
        assert errors.relative_error(chosen) == errors.relative_error(best)


@given(tensors(d_model=9, d_head=5, part=4, group=3), st.floats(0.01, 3), st.randoms())
def test_ranks_for_a_ratio_lose_the_least(tensor, ratio, random):
    errors = landscape(hosvd(tensor))
    shape = errors.shape
    every = valid_ranks(shape)
    highest = shape.compression_ratio(Ranks(1, 1, 1))
    for least in (min(ratio, highest), shape.compression_ratio(random.choice(every)), highest):
        enough = [ranks for ranks in every if shape.compression_ratio(ranks) >= least]
        best = min(enough, key=lambda ranks: (errors.relative_error(ranks), shape.stored_entries(ranks)))
        chosen = ranks_for_compression(errors, least)
        assert chosen in enough
        assert errors.relative_error(chosen) == errors.relative_error(best)
        assert shape.stored_entries(chosen) == shape.stored_entries(best)


def test_targets_that_cannot_be_met_are_refused():
    errors = landscape(hosvd(random_tensor(TensorShape(20, 6, 4, 3), "white", 0)))
    for ratio in (0.0, -1.0, float("nan"), float("inf"), 44.0):
        with pytest.raises(RankError, match=r"at most 43\.6.*, which ranks \(1, 1, 1\) reach, got"):
            ranks_for_compression(errors, ratio)
    for error in (-0.1, float("nan")):
        with pytest.raises(RequestError, match="error from 0 to 1, got"):
            ranks_for_error(errors, error)
