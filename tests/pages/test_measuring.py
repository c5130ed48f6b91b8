"""A complete run leaves its figures for the Papers screen; any other run leaves nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pages.session.scene import ChooseBy, Scene
from pages.shared.plan import EDITED, OWN_FILE, Reasoning, make_plan
from pages.shared.reasoning import run
from pages.work import caches as cache
from tensorllm_core.benchmarks.benchmark import Question, QuestionSet, Split
from tensorllm_core.experiments.evaluate import ORIGINAL
from tensorllm_core.experiments.measured import MeasuredStore
from tensorllm_core.experiments.measured_result import Measured
from tensorllm_core.experiments.statistics import paired_accuracy
from tensorllm_core.models.checkpoint import open_checkpoint
from tensorllm_core.types import Layout

SCENE = Scene(layer=2, r1=12, r2=6, r3=4, benchmark="world-bios,world-facts", sample=40, controls=False)


@pytest.fixture(autouse=True)
def _own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    cache.measured_store.clear()
    yield
    cache.measured_store.clear()


class Listener:
    """Lets a run go on for so many waves."""

    def __init__(self, waves: int = 1000) -> None:
        self.waves = waves

    def progress(self, share: float, message: str) -> bool:
        return self.waves > 0

    def publish(self, partial: Reasoning) -> None:
        self.waves -= 1


def ran(scene: Scene, waves: int = 1000, own: QuestionSet | None = None) -> Reasoning:
    checkpoint = open_checkpoint(scene.model)
    return run(make_plan(scene, checkpoint, own), checkpoint, Listener(waves))  # type: ignore[arg-type]


def latest(benchmark: str, method: str = "tensorllm", model: str = SCENE.model) -> Measured | None:
    return cache.measured_store().latest(model, benchmark, method)


def kept_on_disk(folder: Path) -> list[Path]:
    return list((folder / "cache").rglob("measured/*/*.json"))


def test_a_complete_run_keeps_one_result_for_each_benchmark(tmp_path: Path) -> None:
    result = ran(SCENE)
    assert len(kept_on_disk(tmp_path)) == 2
    for benchmark in ("world-bios", "world-facts"):
        found = latest(benchmark)
        assert found is not None
        before, after = (result.evaluation.answers[name][benchmark] for name in (ORIGINAL, EDITED))
        expected = paired_accuracy(before.right, after.right)
        assert (found.accuracy_before, found.accuracy_after) == (expected.before, expected.after)
        assert (found.low, found.high, found.p) == (expected.interval.low, expected.interval.high, expected.p)
        assert (found.loss_before, found.loss_after) == (before.mean_loss, after.mean_loss)
        assert (found.n, found.split, found.layers, found.ranks) == (40, "test", (2,), (12, 6, 4))
        assert (found.revision, found.setting) == (result.plan.revision, "")
        assert found.compression_ratio == result.compression_ratio


def test_it_outlives_the_process(tmp_path: Path) -> None:
    ran(SCENE)
    again = MeasuredStore(next((tmp_path / "cache").rglob("measured")))
    assert again.latest(SCENE.model, "world-bios", "tensorllm") == latest("world-bios")


def test_a_stopped_run_leaves_nothing(tmp_path: Path) -> None:
    result = ran(replace(SCENE, sample=200), waves=1)
    assert not result.evaluation.complete
    assert kept_on_disk(tmp_path) == []
    assert latest("world-bios") is None


def test_refined_ranks_and_those_of_each_layer_are_told_apart() -> None:
    ran(replace(SCENE, refine=True, layers="all", by=ChooseBy.ERROR, error=0.5))
    assert latest("world-bios") is None
    found = latest("world-bios", "tensorllm-refined")
    assert found is not None
    assert (found.layers, found.ranks, found.setting) == ((0, 1, 2, 3), (), "each layer at ranks of its own")


def test_another_layout_and_type_are_said() -> None:
    ran(replace(SCENE, layout=Layout.RELEASED_CODE, dtype="bfloat16"))
    found = latest("world-bios")
    assert found is not None
    assert found.setting == "layout released-code, weights in bfloat16"


def test_neither_questions_of_one_s_own_nor_another_wording_are_kept(tmp_path: Path) -> None:
    questions = tuple(
        Question(f"{number}", "", f"Biography: {clue} hangars. The person works as a", "pilot", ("pilot", "teacher"))
        for number, clue in enumerate(("rudders", "trials", "exams"))
    )
    own = QuestionSet(OWN_FILE, Split.TEST, questions)
    assert ran(replace(SCENE, benchmark=OWN_FILE), own=own).evaluation.complete
    assert ran(replace(SCENE, template="Well. {question}")).evaluation.complete
    assert kept_on_disk(tmp_path) == []


def test_a_home_that_cannot_be_written_costs_nothing_but_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/no-home")
    cache.measured_store.clear()
    assert ran(SCENE).evaluation.complete
    assert latest("world-bios") is not None


def test_a_loss_that_is_no_number_costs_the_result_its_place_and_the_run_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tensorllm_core.experiments.answers.Answers.mean_loss", property(lambda _: float(np.nan)))
    assert ran(SCENE).evaluation.complete
    assert kept_on_disk(tmp_path) == []
