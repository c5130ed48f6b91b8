"""The comparison itself: patient with models, the same for the same plan, and told while it goes on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tensorllm_core.benchmarks.benchmark import Split
from tensorllm_core.errors import CheckpointError, StoppedError
from tensorllm_core.models.checkpoint import open_checkpoint
from tensorllm_core.runs.comparison_run import Comparison, comparison_as_json, run_comparison
from tensorllm_core.runs.plan import ComparisonPlan, QuestionPlan, plan_model
from tensorllm_core.runs.questions import plan_questions
from tests.models.tiny_models import saved_model

CHECKPOINT = open_checkpoint("demo-decoder-noisy")
PLAN = ComparisonPlan(
    plan_model(CHECKPOINT),
    (0, 1, 2, 3),
    ("tensorllm", "laser", "random-subspace"),
    (4.0, 16.0),
    plan_questions(["world-bios", "world-facts"], sample=30),
)


@pytest.fixture(scope="module")
def comparison(resources) -> Comparison:
    return run_comparison(PLAN, CHECKPOINT, resources)


def test_every_method_keeps_its_budget(comparison) -> None:
    assert len(comparison.points) == 3 * 2
    for point in comparison.points:
        assert point.saved_entries >= comparison.layers * (comparison.entries - comparison.entries // point.ratio)
        assert point.problem == ""


def test_a_budget_in_focus_is_the_nearest_of_those_asked() -> None:
    assert [PLAN.nearest(budget) for budget in (1.5, 9.0, 11.0, 400.0)] == [4.0, 4.0, 16.0, 16.0]


def test_a_partial_result_is_published_after_every_wave(resources) -> None:
    published: list[Comparison] = []
    questions = replace(PLAN.questions, sample=70)
    plan = replace(PLAN, methods=("tensorllm",), ratios=(16.0,), questions=questions)
    result = run_comparison(plan, CHECKPOINT, resources, publish=published.append)
    assert not published[0].is_answered
    assert [point.method for point in published[0].points] == ["tensorllm"]
    shares = [each.evaluation.share for each in published[1:]]
    assert len(shares) > 2
    assert shares == sorted(shares)
    assert shares[-1] == result.evaluation.share == 1.0


def test_the_share_never_falls_and_stopping_is_heard_at_once(resources) -> None:
    shares: list[float] = []
    run_comparison(PLAN, CHECKPOINT, resources, lambda share, message: shares.append(share) is None)
    assert shares == sorted(shares)
    assert all(0 <= share <= 1 for share in shares)
    with pytest.raises(StoppedError):
        run_comparison(PLAN, CHECKPOINT, resources, lambda share, message: False)


def test_methods_that_need_matrices_which_the_model_lacks_say_so_and_the_others_go_on(
    tmp_path: Path, resources
) -> None:
    checkpoint = open_checkpoint(str(saved_model("mixtral", tmp_path / "mixtral")))
    plan = replace(PLAN, model=plan_model(checkpoint), layers=(0,), ratios=(2.0, 3.0), questions=QuestionPlan(()))
    points = run_comparison(plan, checkpoint, resources).points
    missing = [point for point in points if point.problem]
    assert [(point.method, point.ratio) for point in missing] == [("laser", 2.0), ("laser", 3.0)]
    assert all(point.problem.startswith("Expected") for point in missing)
    assert {point.method for point in points} == {"tensorllm", "random-subspace", "laser"}
    with pytest.raises(CheckpointError):
        run_comparison(replace(plan, methods=("laser",)), checkpoint, resources)


def test_without_questions_only_the_weights_are_compared(resources) -> None:
    result = run_comparison(replace(PLAN, questions=QuestionPlan(())), CHECKPOINT, resources)
    assert not result.is_answered
    assert "baseline" not in comparison_as_json(result, "tensorllm")


def test_a_budget_is_chosen_on_validation_questions_that_the_report_does_not_ask(resources) -> None:
    result = run_comparison(replace(PLAN, choose=True), CHECKPOINT, resources)
    assert result.best_ratios is not None
    assert set(result.best_ratios) == set(PLAN.methods)
    assert set(result.best_ratios.values()) <= set(PLAN.ratios)
    assert result.plan.questions.split is Split.TEST
    as_json = comparison_as_json(result, "laser")
    assert as_json["methods"]["laser"]["ratio_chosen_on_validation"] == result.best_ratios["laser"]
