"""A complete run leaves its figures for the Papers screen; any other run leaves nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tensorllm_core.benchmarks.benchmark import Question, QuestionSet, Split
from tensorllm_core.experiments.evaluate import ORIGINAL
from tensorllm_core.experiments.measurement import Measurement
from tensorllm_core.experiments.measurement_store import MeasurementStore
from tensorllm_core.experiments.statistics import paired_accuracy
from tensorllm_core.methods.description import Options
from tensorllm_core.models.checkpoint import open_checkpoint
from tensorllm_core.runs.edit_run import EDITED, EditResult, run_edit
from tensorllm_core.runs.plan import EditPlan, plan_model
from tensorllm_core.runs.questions import OWN_FILE, plan_questions
from tensorllm_core.runs.ranks import GivenRanks, LargestError
from tensorllm_core.runs.record import record
from tensorllm_core.types import Layout, Ranks

MODEL = open_checkpoint("demo-decoder-noisy")
QUESTIONS = plan_questions(["world-bios", "world-facts"], sample=40)
PLAN = EditPlan(plan_model(MODEL), (2,), "tensorllm", GivenRanks(Ranks(12, 6, 4)), QUESTIONS)


@pytest.fixture
def store(tmp_path: Path) -> MeasurementStore:
    return MeasurementStore(tmp_path / "measured")


@pytest.fixture
def ran(resources, store: MeasurementStore) -> Callable[..., EditResult]:
    """Run a plan for so many waves, and record what it measured."""

    def ran(plan: EditPlan, waves: int = 1000) -> EditResult:
        published: list[EditResult] = []
        result = run_edit(plan, MODEL, resources, lambda *_: len(published) < waves, published.append)
        record(result, store)
        return result

    return ran


def latest(store: MeasurementStore, benchmark: str, method: str = "tensorllm") -> Measurement | None:
    return store.latest(PLAN.model.reference, benchmark, method)


def kept_on_disk(folder: Path) -> list[Path]:
    return list(folder.glob("measured/*/*.json"))


def test_a_complete_run_keeps_one_record_for_each_benchmark(ran, store, tmp_path) -> None:
    result = ran(PLAN)
    assert len(kept_on_disk(tmp_path)) == 2
    for benchmark in ("world-bios", "world-facts"):
        kept = latest(store, benchmark)
        assert kept is not None
        before, after = (result.evaluation.answers[name][benchmark] for name in (ORIGINAL, EDITED))
        expected = paired_accuracy(before.right, after.right)
        assert (kept.accuracy_before, kept.accuracy_after) == (expected.before, expected.after)
        assert (kept.low, kept.high, kept.p) == (expected.interval.low, expected.interval.high, expected.p)
        assert (kept.loss_before, kept.loss_after) == (before.mean_loss, after.mean_loss)
        assert (kept.n, kept.split, kept.layers, kept.ranks) == (40, "test", (2,), (12, 6, 4))
        assert (kept.revision, kept.setting) == (result.plan.model.revision, "")
        assert kept.compression_ratio == result.compression_ratio


def test_it_outlives_the_process(ran, store, tmp_path) -> None:
    ran(PLAN)
    assert latest(MeasurementStore(tmp_path / "measured"), "world-bios") == latest(store, "world-bios")


def test_a_stopped_run_leaves_nothing(ran, store, tmp_path) -> None:
    result = ran(replace(PLAN, questions=replace(QUESTIONS, sample=200)), waves=1)
    assert not result.evaluation.complete
    assert kept_on_disk(tmp_path) == []
    assert latest(store, "world-bios") is None


def test_refined_ranks_and_those_of_each_layer_are_told_apart(ran, store) -> None:
    ran(replace(PLAN, method="tensorllm-refined", layers=(0, 1, 2, 3), ranks=LargestError(0.5)))
    assert latest(store, "world-bios") is None
    kept = latest(store, "world-bios", "tensorllm-refined")
    assert kept is not None
    assert (kept.layers, kept.ranks, kept.setting) == ((0, 1, 2, 3), (), "each layer at ranks of its own")


def test_another_layout_and_type_are_said(ran, store) -> None:
    model = replace(PLAN.model, dtype="bfloat16")
    ran(replace(PLAN, model=model, options=Options(Layout.RELEASED_CODE)))
    kept = latest(store, "world-bios")
    assert kept is not None
    assert kept.setting == "layout released-code, weights in bfloat16"


def test_neither_questions_of_one_s_own_nor_another_wording_are_kept(ran, tmp_path) -> None:
    questions = tuple(
        Question(f"{number}", "", f"Biography: {clue} hangars. The person works as a", "pilot", ("pilot", "teacher"))
        for number, clue in enumerate(("rudders", "trials", "exams"))
    )
    own = plan_questions([OWN_FILE], uploaded=QuestionSet(OWN_FILE, Split.TEST, questions))
    assert ran(replace(PLAN, questions=own)).evaluation.complete
    assert ran(replace(PLAN, questions=replace(QUESTIONS, template="Well. {question}"))).evaluation.complete
    assert kept_on_disk(tmp_path) == []


def test_a_file_named_like_a_benchmark_is_still_one_s_own(ran, tmp_path) -> None:
    question = Question("1", "", "Biography: rudders hangars. The person works as a", "pilot", ("pilot", "teacher"))
    own = replace(QUESTIONS, benchmarks=("world-hop",), own=(QuestionSet("world-hop", Split.TEST, (question,)),))
    assert ran(replace(PLAN, questions=own)).evaluation.complete
    assert kept_on_disk(tmp_path) == []


def test_a_folder_that_cannot_be_written_costs_nothing_but_the_file(ran, resources) -> None:
    nowhere = MeasurementStore(Path("/proc/no-home"))
    record(ran(PLAN), nowhere)
    assert latest(nowhere, "world-bios") is not None


def test_a_loss_that_is_no_number_costs_the_record_its_place_and_the_run_nothing(ran, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("tensorllm_core.experiments.answers.Answers.mean_loss", property(lambda _: float(np.nan)))
    assert ran(PLAN).evaluation.complete
    assert kept_on_disk(tmp_path) == []
