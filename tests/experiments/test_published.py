"""The published figures hang together, and what is derived from them is what the ratio and the binomial say."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tensorllm_core.benchmarks.registry import BENCHMARKS
from tensorllm_core.errors import RequestError
from tensorllm_core.experiments.published import LaserSetting, tied_triples, triples_giving, unpaired_gain
from tensorllm_core.experiments.published_tables import (
    ABLATED_MODEL,
    ABLATION,
    CASES,
    CELLS,
    PUBLISHED_BENCHMARKS,
    PUBLISHED_MODELS,
    VARIANTS,
)
from tensorllm_core.linalg.rank_choice import check_ranks, tied_ranks

EVERY_CELL = pytest.mark.parametrize(
    "cell", CELLS.values(), ids=lambda cell: f"{cell.model.name}-{cell.benchmark.name}"
)


def test_there_are_twelve_cells_one_for_each_model_and_benchmark() -> None:
    assert set(CELLS) == {(model, benchmark) for model in PUBLISHED_MODELS for benchmark in PUBLISHED_BENCHMARKS}
    assert len(CELLS) == 12


def test_the_benchmarks_are_registered_ones() -> None:
    assert set(PUBLISHED_BENCHMARKS) <= set(BENCHMARKS)


@EVERY_CELL
def test_the_derived_ranks_give_the_published_ratio_to_two_decimals(cell) -> None:
    assert cell.derived_ranks
    for ranks in cell.derived_ranks:
        assert round(cell.model.shape.compression_ratio(ranks), 2) == cell.compression_ratio
        assert tied_ranks(cell.model.shape, ranks.r2, ranks.r3) == ranks
        assert check_ranks(cell.model.shape, ranks) == ranks


@EVERY_CELL
def test_no_other_tied_ranks_give_it(cell) -> None:
    assert triples_giving(cell.model.shape, cell.compression_ratio) == cell.derived_ranks


@pytest.mark.parametrize("model", PUBLISHED_MODELS.values(), ids=lambda model: model.name)
def test_the_program_s_triples_are_those_that_a_decomposition_can_have(model) -> None:
    triples = tied_triples(model.shape)
    assert len(triples) == len(set(triples)) == 4 * model.shape.d_head
    assert all(check_ranks(model.shape, ranks) == ranks for ranks in triples if ranks.r3 * model.shape.group > 0)


@pytest.mark.parametrize("model", PUBLISHED_MODELS.values(), ids=lambda model: model.name)
def test_sizes_belong_together(model) -> None:
    d_model, d_head, part, group = model.shape
    assert (d_head * group, part) == (d_model, 4)
    # Blocks of 4 d^2 in attention and, with a gate or without, at least 2 d d_ff in the feed-forward part.
    assert model.layers * (model.shape.entries + 2 * d_model * model.d_ff) < model.parameters


@EVERY_CELL
def test_accuracies_are_per_cent_and_losses_nats(cell) -> None:
    ablated = ABLATION[cell.benchmark.name].values() if cell.model.name == ABLATED_MODEL else ()
    for score in (cell.original, cell.tensorllm, *cell.cases, *ablated):
        assert 5 <= score.percent <= 100
        assert 0.5 < score.loss < 12


@EVERY_CELL
def test_laser_edits_a_layer_that_the_model_has(cell) -> None:
    assert 0 <= cell.laser.layer < cell.model.layers
    assert 0 < cell.laser.rho <= 1
    assert cell.laser.matrix in {"U_in", "U_out"}


def test_variants_name_the_columns_that_there_are() -> None:
    assert len(VARIANTS["III"]) == len(CASES) == 3
    assert all((*columns, "all") == VARIANTS["IV"] for columns in ABLATION.values())
    assert set(ABLATION) == set(PUBLISHED_BENCHMARKS)


def test_the_hybrid_is_below_tensorllm_alone_in_five_cells() -> None:
    assert sum(cell.cases[2].percent < cell.tensorllm.percent for cell in CELLS.values()) == 5


@pytest.mark.parametrize(("place", "sigmas"), [(("roberta", "fever"), 0.7), (("gptj", "hotpotqa"), 1.1)])
def test_the_smallest_gains_are_about_one_sigma(place, sigmas) -> None:
    gain = CELLS[place].gain(CELLS[place].tensorllm)
    assert round(gain.in_sigmas, 1) == sigmas
    assert not gain.beyond_luck


def test_three_of_the_twelve_gains_could_be_luck() -> None:
    could = {place for place, cell in CELLS.items() if not cell.gain(cell.tensorllm).beyond_luck}
    assert could == {("roberta", "fever"), ("gptj", "hotpotqa"), ("llama2", "wikidataqa")}


def test_the_test_questions_are_the_last_eighty_per_cent() -> None:
    for benchmark in PUBLISHED_BENCHMARKS.values():
        assert benchmark.validation_questions + benchmark.test_questions == benchmark.examples
        assert benchmark.test_questions == math.ceil(0.8 * benchmark.examples)


@given(some.floats(0, 1), some.floats(0, 1), some.integers(1, 10**6))
def test_the_variance_of_a_gain_is_that_of_two_binomial_shares(before, after, n) -> None:
    from scipy.stats import binom

    gain = unpaired_gain(before, after, n)
    variance = (binom.var(n, before) + binom.var(n, after)) / n**2
    assert gain.sigma == pytest.approx(math.sqrt(variance), abs=1e-12)
    assert gain.interval.low <= gain.delta <= gain.interval.high
    assert gain.delta == pytest.approx(after - before)


def test_certain_answers_have_no_luck() -> None:
    assert unpaired_gain(0.0, 1.0, 5).in_sigmas == math.inf
    assert unpaired_gain(1.0, 0.0, 5).in_sigmas == -math.inf
    assert unpaired_gain(1.0, 1.0, 5).in_sigmas == 0.0


@pytest.mark.parametrize("arguments", [(50.0, 0.5, 10), (0.5, -0.1, 10), (0.5, 0.5, 0), (math.nan, 0.5, 10)])
def test_what_is_no_share_of_some_questions_is_refused(arguments) -> None:
    with pytest.raises(RequestError, match=r"Expected .*, got .*; "):
        unpaired_gain(*arguments)


@EVERY_CELL
def test_laser_s_factors_are_counted_as_they_are_stored(cell) -> None:
    m, n = cell.model.shape.d_model, cell.model.d_ff
    rank = cell.laser.rho * min(m, n)
    assert cell.laser.stored_share(cell.model) == pytest.approx((m * rank + rank * n) / (m * n))


def test_one_of_laser_s_settings_stores_more_than_the_matrix() -> None:
    larger = [cell for cell in CELLS.values() if cell.laser.stored_share(cell.model) > 1]
    assert [cell.laser for cell in larger] == [LaserSetting("U_in", 3, 0.9)]
