"""What is kept of a run: its outcome with the uncertainty, and how to see it again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tensorllm_core.errors import RequestError
from tensorllm_core.experiments.evaluate import ORIGINAL, Evaluation
from tensorllm_core.experiments.paired import paired
from tensorllm_core.models.checkpoint import open_checkpoint
from tensorllm_core.runs.comparison_run import run_comparison
from tensorllm_core.runs.edit_run import run_edit
from tensorllm_core.runs.plan import ComparisonPlan, EditPlan, ScanPlan, plan_model
from tensorllm_core.runs.questions import plan_questions
from tensorllm_core.runs.rank_scan import run_scan
from tensorllm_core.runs.ranks import GivenRanks, LargestError
from tensorllm_core.runs.run_record import Kind, check_record, record_of
from tensorllm_core.types import Layout, Ranks
from tests.runs.run_records import run_record

MODEL = open_checkpoint("demo-decoder-noisy")
QUESTIONS = plan_questions(["world-bios", "world-facts"], sample=20)
EDIT = EditPlan(plan_model(MODEL), (1, 2), "tensorllm", GivenRanks(Ranks(12, 6, 4)), QUESTIONS)
COMPARISON = ComparisonPlan(plan_model(MODEL), (1,), ("tensorllm", "laser", "random-subspace"), (4.0, 16.0), QUESTIONS)
SCAN = ScanPlan(plan_model(MODEL), (1,), Layout.PAPER, QUESTIONS)
LINK = {"model": "demo-decoder-noisy", "layer": "1"}


def test_of_an_evaluation_the_difference_from_the_original(resources) -> None:
    result = run_edit(EDIT, MODEL, resources)
    record = record_of(result, "reasoning", LINK, budget=16.0)
    assert record is not None
    accuracy = result.against(ORIGINAL).accuracy
    assert (record.kind, record.method, record.setting) == (Kind.EVALUATION, "TensorLLM", "ranks (12, 6, 4)")
    assert (record.model, record.layers, record.n, record.split) == ("demo-decoder-noisy", (1, 2), 40, "test")
    assert (record.accuracy_before, record.delta) == (accuracy.before, pytest.approx(accuracy.delta))
    assert (record.low, record.high) == (accuracy.interval.low, accuracy.interval.high)
    assert record.complete
    assert (record.page, record.parameters) == ("reasoning", LINK)
    own = run_edit(replace(EDIT, layers=(0, 1, 2, 3), ranks=LargestError(0.6)), MODEL, resources)
    assert record_of(own, "reasoning", LINK, budget=16.0).setting == "each layer's own ranks"


def test_of_a_comparison_the_best_method_at_the_budget_in_focus_but_no_control(resources) -> None:
    result = run_comparison(COMPARISON, MODEL, resources)
    answers = result.evaluation.answers
    for budget, ratio in ((3.0, 4.0), (400.0, 16.0)):
        record = record_of(result, "compare", LINK, budget=budget)
        assert record is not None
        accuracies = [
            paired(answers[ORIGINAL], answers[f"{name} at {ratio:g}x"]).accuracy.after
            for name in ("tensorllm", "laser")
        ]
        assert record.accuracy_after == max(accuracies)
        assert record.setting == f"best of 2 methods at {ratio:g}x"
        assert record.kind is Kind.COMPARISON


def test_of_a_scan_its_best_point(resources) -> None:
    result = run_scan(SCAN, MODEL, resources)
    record = record_of(result, "reasoning", LINK, budget=16.0)
    assert record is not None
    answers = result.evaluation.answers
    best = max(paired(answers[ORIGINAL], answers[step.name]).accuracy.after for step in result.steps)
    assert (record.kind, record.accuracy_after) == (Kind.SCAN, best)
    assert record.setting.startswith(f"best of {len(result.steps)} ratios, ranks (")


def test_a_run_without_an_answer_leaves_no_record_and_a_stopped_one_says_so(resources) -> None:
    published = []
    stopped = run_edit(
        replace(EDIT, questions=replace(QUESTIONS, sample=200)), MODEL, resources,
        lambda *_: not published, published.append,
    )  # fmt: skip
    record = record_of(stopped, "reasoning", LINK, budget=16.0)
    assert record is not None
    assert not record.complete
    assert record.n < 400
    nothing = replace(stopped, evaluation=Evaluation({}, {}, {}, (), False))
    assert record_of(nothing, "reasoning", LINK, budget=16.0) is None
    weights_alone = run_comparison(replace(COMPARISON, questions=plan_questions()), MODEL, resources)
    assert record_of(weights_alone, "compare", LINK, budget=16.0) is None


def test_the_prompt_of_a_visitor_is_named_and_not_kept(resources) -> None:
    secret = "Secret of mine: {question}"
    result = run_edit(replace(EDIT, questions=replace(QUESTIONS, template=secret)), MODEL, resources)
    record = record_of(result, "reasoning", LINK, budget=16.0)
    assert record is not None
    assert record.setting == "ranks (12, 6, 4), own prompt"
    assert "Secret" not in repr(record)


@pytest.mark.parametrize(
    "change",
    [{"n": -1}, {"n": True}, {"accuracy_after": 1.5}, {"low": 0.5, "high": 0.1}, {"compression_ratio": float("inf")},
     {"layers": (1.5,)}, {"model": 3}, {"setting": "x" * 2000}, {"complete": 1}, {"benchmarks": (3,)},
     {"parameters": {"model": 3}}, {"parameters": {str(each): "" for each in range(2000)}}],
)  # fmt: skip
def test_values_that_no_run_gives_are_refused(change) -> None:
    assert check_record(run_record()) == run_record()
    # While tests run, a value of another type is refused before that, as a TypeError.
    with pytest.raises((RequestError, TypeError)):
        check_record(replace(run_record(), **change))
