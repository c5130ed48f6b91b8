"""Statistics are those of scipy and statsmodels, and hold what they promise in simulations."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, bootstrap, ttest_1samp
from statsmodels.stats.contingency_tables import mcnemar

from tensorllm_core.errors import RequestError
from tensorllm_core.experiments.intervals import Interval
from tensorllm_core.experiments.statistics import (
    PairedLoss,
    better_than_control,
    macro,
    macro_loss,
    paired_accuracy,
    paired_loss,
    verdict,
)

counts = st.integers(0, 60)


@st.composite
def tables(draw):
    """How many questions both answer, the edit fixes, the edit breaks, neither answers; at least one question."""
    return draw(st.tuples(counts, counts, counts, counts).filter(any))


def answers(table):
    both, fixed, broken, neither = table
    before = np.repeat([True, False, True, False], [both, fixed, broken, neither])
    after = np.repeat([True, True, False, False], [both, fixed, broken, neither])
    return before, after


def accuracy_of(table):
    return paired_accuracy(*answers(table))


@given(tables())
def test_paired_answers_are_counted_and_tested_as_statsmodels_does(table):
    both, fixed, broken, neither = table
    accuracy = accuracy_of(table)
    assert (accuracy.n, accuracy.fixed, accuracy.broken) == (sum(table), fixed, broken)
    assert accuracy.before == pytest.approx((both + broken) / sum(table))
    assert accuracy.delta == pytest.approx(accuracy.after - accuracy.before)
    assert accuracy.p == pytest.approx(mcnemar([[both, broken], [fixed, neither]], exact=True).pvalue)


@given(tables())
def test_the_interval_of_a_difference_holds_it_and_stays_within_one(table):
    accuracy = accuracy_of(table)
    assert -1 <= accuracy.interval.low <= accuracy.delta <= accuracy.interval.high <= 1
    assert accuracy.interval.low < accuracy.interval.high


def test_nothing_changed_is_p_one_and_one_question_says_little():
    assert accuracy_of((5, 0, 0, 3)).p == 1
    one = accuracy_of((0, 1, 0, 0))
    assert (one.delta, one.p, one.interval.high) == (1, 1, 1)
    assert one.interval.low < 0


@given(st.lists(tables(), min_size=1, max_size=5))
def test_a_macro_result_averages_benchmarks_and_tests_all_questions(several):
    results = [accuracy_of(table) for table in several]
    mean = macro(results)
    assert mean.benchmarks == len(several)
    for name in ("before", "after", "delta"):
        assert getattr(mean, name) == pytest.approx(np.mean([getattr(result, name) for result in results]))
    fixed, broken = sum(table[1] for table in several), sum(table[2] for table in several)
    assert (mean.n, mean.fixed, mean.broken) == (sum(map(sum, several)), fixed, broken)
    assert mean.p == pytest.approx(binomtest(fixed, fixed + broken).pvalue if fixed + broken else 1)
    assert -1 <= mean.interval.low <= mean.delta + 1e-12
    assert mean.delta <= mean.interval.high + 1e-12 <= 1 + 1e-9


@given(tables())
def test_the_macro_result_of_one_benchmark_is_its_own(table):
    one = accuracy_of(table)
    mean = macro([one])
    assert mean.interval.low == pytest.approx(one.interval.low)
    assert mean.interval.high == pytest.approx(one.interval.high)
    assert mean.p == one.p


def test_variances_of_independent_benchmarks_add_up():
    table = (2000, 300, 250, 450)
    one, four = accuracy_of(table), macro([accuracy_of(table)] * 4)
    width, of_four = (each.interval.high - each.interval.low for each in (one, four))
    assert of_four == pytest.approx(width / 2, rel=1e-3)


def test_the_macro_interval_holds_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(1)
    sizes, fixes, breaks = (40, 100, 300), (0.2, 0.05, 0.1), (0.05, 0.05, 0.2)
    truth, held = np.mean(np.subtract(fixes, breaks)), 0
    for _ in range(500):
        results = []
        for n, fix, wreck in zip(sizes, fixes, breaks, strict=True):
            fixed, broken, rest = rng.multinomial(n, [fix, wreck, 1 - fix - wreck])
            results.append(accuracy_of((rest, fixed, broken, 0)))
        interval = macro(results).interval
        held += interval.low <= truth <= interval.high
    assert 0.94 <= held / 500 <= 0.985


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000))
def test_the_loss_interval_is_near_scipys_bootstrap(seed):
    rng = np.random.default_rng(seed)
    before = rng.exponential(2, 400)
    after = before + rng.normal(0.2, 1, 400)
    loss = paired_loss(before, after)
    oracle = bootstrap((after - before,), np.mean, n_resamples=4000, method="percentile", rng=rng).confidence_interval
    width = oracle.high - oracle.low
    assert loss.interval.low == pytest.approx(oracle.low, abs=0.08 * width)
    assert loss.interval.high == pytest.approx(oracle.high, abs=0.08 * width)
    assert loss.delta == pytest.approx(after.mean() - before.mean())


def test_the_loss_interval_of_few_questions_is_as_wide_as_students():
    difference = np.random.default_rng(3).normal(0.5, 1, 12)
    interval = paired_loss(np.zeros(12), difference, resamples=20_000).interval
    student = ttest_1samp(difference, 0).confidence_interval()
    assert interval.high - interval.low == pytest.approx(student.high - student.low, rel=0.1)


def test_the_loss_interval_repeats_with_its_seed_and_is_bounded_in_memory_for_many_questions():
    rng = np.random.default_rng(4)
    before, after = rng.random(20_000).astype(np.float32), rng.random(20_000).astype(np.float32)
    assert paired_loss(before, after, resamples=200) == paired_loss(before, after, resamples=200)
    assert paired_loss(before, after, resamples=200) != paired_loss(before, after, seed=1, resamples=200)


def test_one_question_and_equal_losses_have_finite_intervals():
    assert paired_loss(np.array([1.0]), np.array([3.0])) == PairedLoss(1.0, 3.0, 2.0, Interval(2.0, 2.0))
    assert paired_loss(np.ones(7), np.ones(7)).interval == Interval(0.0, 0.0)


def test_macro_losses_add_the_variances_of_independent_benchmarks():
    rng = np.random.default_rng(5)
    several = [rng.normal(shift, 1, 2000) for shift in (-0.5, 0.0, 0.2)]
    loss = macro_loss([paired_loss(np.zeros(2000), difference) for difference in several])
    assert loss.delta == pytest.approx(np.mean(several))
    error = math.sqrt(sum(difference.var() / 2000 for difference in several)) / 3
    assert loss.interval.high - loss.interval.low == pytest.approx(2 * 1.96 * error, rel=0.05)


def test_the_verdict_says_better_worse_or_neither():
    assert verdict(accuracy_of((800, 40, 12, 148))) == (
        "+2.8 points [+1.4, +4.2]: better, more than chance explains (p = 0.00013); "
        "40 answers fixed, 12 broken of 1,000 questions."
    )
    assert "worse, more than chance explains" in verdict(accuracy_of((800, 12, 40, 148)))
    assert "no difference shown (p = 1); 0 answers fixed, 0 broken" in verdict(accuracy_of((800, 0, 0, 148)))
    assert verdict(accuracy_of((0, 1, 0, 0))).endswith("1 answer fixed, 0 broken of 1 question.")


def test_a_verdict_never_shows_minus_zero():
    assert verdict(accuracy_of((9000, 10, 11, 900))).startswith("+0.0 points")


def test_a_macro_verdict_names_the_benchmarks_and_needs_mean_and_total_to_agree():
    large_gain, small_loss = accuracy_of((900, 80, 20, 0)), accuracy_of((6, 0, 4, 2))
    mean = macro([large_gain, small_loss])
    assert mean.p < 0.05
    assert mean.delta < 0
    assert "in the mean over 2 benchmarks: no difference shown, although" in verdict(mean)


@given(tables(), st.floats(0, 1))
def test_better_than_a_control_needs_the_interval_and_the_test(table, p):
    accuracy = replace(accuracy_of(table), p=p)
    text = better_than_control(accuracy, "removal")
    assert text.startswith("Better than removal") == (p < 0.05 and accuracy.interval.low > 0)
    assert text.startswith("Worse than removal") == (p < 0.05 and accuracy.interval.high < 0)


def test_without_answers_there_is_one_sentence():
    nothing, no_losses = np.zeros(0, dtype=bool), np.zeros(0)
    for ask in (
        lambda: paired_accuracy(nothing, nothing),
        lambda: paired_loss(no_losses, no_losses),
        lambda: macro([]),
        lambda: macro_loss([]),
    ):
        with pytest.raises(RequestError, match="Expected at least one answered question"):
            ask()
