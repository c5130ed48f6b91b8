"""The first picture of a layer that takes long: exact for its directions, and honest about what it does not know."""

from __future__ import annotations

import numpy as np
import pytest

from tensorllm_core.errors import RequestError, StoppedError
from tensorllm_core.linalg.slices import slice_errors
from tensorllm_core.models.checkpoint import open_checkpoint
from tensorllm_core.runs import layer_decomposition
from tensorllm_core.runs.layer_analysis import best_path, errors_of_slices, rank_result, refine_layer
from tensorllm_core.runs.layer_decomposition import analyse_layer
from tensorllm_core.runs.plan import plan_layer
from tensorllm_core.runs.ranks import GivenRanks, KeptSlices, LargestError, LeastRatio
from tensorllm_core.types import Ranks

LEADING = 8


@pytest.fixture
def both(monkeypatch):
    """The first picture and the whole of a layer."""
    monkeypatch.setattr(layer_decomposition, "AT_ONCE", -1.0)
    monkeypatch.setattr(layer_decomposition, "LEADING", LEADING)
    checkpoint = open_checkpoint("demo-decoder")
    pictures = []
    whole = analyse_layer(plan_layer(checkpoint, 2), checkpoint, on_first=pictures.append)
    (first,) = pictures
    return first, whole


def test_it_is_flagged_and_the_whole_is_what_it_is_without_it(both) -> None:
    first, whole = both
    assert (first.is_whole, first.leading, first.table.limits.r1) == (False, LEADING, LEADING)
    assert (whole.is_whole, whole.leading) == (True, None)
    checkpoint = open_checkpoint("demo-decoder")
    alone = analyse_layer(plan_layer(checkpoint, 2), checkpoint)
    assert whole.table.table == pytest.approx(alone.table.table, abs=1e-12)
    assert first.shape == whole.shape


def test_its_errors_are_those_of_the_reconstruction_and_nearly_those_of_the_whole(both) -> None:
    first, whole = both
    for ranks in (Ranks(8, 16, 4), Ranks(5, 3, 2), Ranks(1, 1, 1)):
        result = rank_result(first, ranks)
        direct = slice_errors(first.tensor.data, result.tucker)
        np.testing.assert_allclose(
            errors_of_slices(first, result).by_part_and_group(), direct.by_part_and_group(), atol=2e-6
        )
        expected = np.sqrt(direct.squared_error.sum() / direct.energy.sum())
        assert result.relative_error == pytest.approx(expected, abs=2e-6)
        assert result.relative_error == pytest.approx(whole.table.relative_error(ranks), abs=1e-3)
        assert result.lower <= whole.table.relative_error(ranks)
    assert [best_path(first, r3).r1.max() <= LEADING for r3 in (1, 2, 3, 4)] == [True] * 4


def test_ranks_are_held_within_its_directions_and_the_request_stays(both) -> None:
    first, whole = both
    decision = first.decide(GivenRanks(Ranks(40, 6, 2)))
    assert (decision.ranks, decision.request, decision.problem) == (Ranks(8, 6, 2), Ranks(40, 6, 2), "")
    assert whole.decide(GivenRanks(Ranks(40, 6, 2))).ranks == Ranks(40, 6, 2)
    tied = first.decide(GivenRanks(Ranks(40, 6, 2), tied=True))
    assert (tied.ranks.r1, tied.request) == (8, whole.decide(GivenRanks(Ranks(40, 6, 2), tied=True)).request)
    for rule in (LargestError(0.0), LargestError(0.9), LeastRatio(1.0), KeptSlices()):
        assert first.decide(rule).ranks.r1 <= LEADING
    assert first.suggestion.r1 <= LEADING


def test_it_is_not_refined(both) -> None:
    with pytest.raises(RequestError, match="wait until it is whole"):
        refine_layer(both[0], Ranks(4, 4, 2))


@pytest.mark.parametrize("at_once", [1e9, -1.0])
def test_there_is_none_where_the_whole_is_quick_or_has_few_directions(monkeypatch, at_once) -> None:
    monkeypatch.setattr(layer_decomposition, "AT_ONCE", at_once)
    monkeypatch.setattr(layer_decomposition, "LEADING", LEADING if at_once > 0 else 128)
    checkpoint = open_checkpoint("demo-decoder")
    pictures = []
    assert analyse_layer(plan_layer(checkpoint, 2), checkpoint, on_first=pictures.append).is_whole
    assert pictures == []


def test_the_work_may_be_stopped_at_every_report(both) -> None:
    checkpoint = open_checkpoint("demo-decoder")
    shares = []
    analyse_layer(
        plan_layer(checkpoint, 2), checkpoint, lambda share, message: shares.append(share) is None, lambda first: None
    )
    assert shares == sorted(shares)
    for last in range(0, len(shares), 5):
        reports = iter(range(last))
        with pytest.raises(StoppedError):
            analyse_layer(
                plan_layer(checkpoint, 2),
                checkpoint,
                lambda share, message, reports=reports: next(reports, None) is not None,
                lambda first: None,
            )
