"""The comparison itself: found again by what decides it, the same as the command line's, and patient with models."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import pytest

from pages.compare.downloads import command, csv_of, json_of
from pages.compare.ranking import problems
from pages.session.scene import Scene
from pages.shared.comparing import (
    Comparison,
    ComparisonPlan,
    compare,
    methods_of,
    plan_comparison,
    read_weights,
)
from pages.shared.plan import Plan
from pages.work import caches as cache
from tensorllm_core.__main__ import main
from tensorllm_core.errors import CheckpointError
from tensorllm_core.methods.registry import METHODS, SUGGESTED
from tensorllm_core.models.checkpoint import open_checkpoint
from tensorllm_core.types import Layout
from tests.models.tiny_models import saved_model

SCENE = Scene(
    methods="tensorllm,laser,random-subspace", budgets="4", budget=16.0, sample=30, benchmark="world-bios,world-facts"
)
PLAN = ComparisonPlan(Plan(Scene(), "revision", (1,), ("world-hop",)), ("tensorllm", "laser"), (4.0, 16.0))
DECIDES = {
    "model": "demo-decoder",
    "split": "validation",
    "sample": 7,
    "template": "{question}?",
    "device": "cuda:1",
    "dtype": "float16",
}


class Told:
    """Stands for the one whom background work tells how far it is."""

    def __init__(self) -> None:
        self.published: list[Comparison] = []

    def progress(self, share: float, _message: str) -> bool:
        assert 0 <= share <= 1
        return True

    def publish(self, found: Comparison) -> None:
        self.published.append(found)


def run(scene: Scene) -> Comparison:
    checkpoint = open_checkpoint(scene.model)
    return compare(plan_comparison(scene, checkpoint, None), checkpoint, Told())  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def found() -> Iterator[Comparison]:
    yield run(SCENE)
    cache.model_shelf.clear()


@pytest.mark.parametrize("name", DECIDES)
def test_what_decides_the_result_makes_another_comparison(name: str) -> None:
    scene = replace(PLAN.asked.scene, **{name: DECIDES[name]})
    assert replace(PLAN, asked=replace(PLAN.asked, scene=scene)).key != PLAN.key


@pytest.mark.parametrize("name", sorted({field.name for field in fields(Scene)} - set(DECIDES)))
def test_no_other_field_of_the_scene_makes_another_comparison(name: str) -> None:
    scene = replace(PLAN.asked.scene, **{name: "something else"})
    assert replace(PLAN, asked=replace(PLAN.asked, scene=scene)).key == PLAN.key


def test_methods_budgets_layers_and_benchmarks_count() -> None:
    others = [
        replace(PLAN, methods=("tensorllm",)),
        replace(PLAN, ratios=(4.0,)),
        replace(PLAN, asked=replace(PLAN.asked, layers=(1, 2))),
        replace(PLAN, asked=replace(PLAN.asked, benchmarks=("world-bios",))),
        replace(PLAN, asked=replace(PLAN.asked, revision="another")),
    ]
    assert len({plan.key for plan in (PLAN, *others)}) == 1 + len(others)


def test_all_layers_of_the_noisy_model_are_meant_unless_layers_are_named() -> None:
    checkpoint = open_checkpoint("demo-decoder-noisy")
    assert plan_comparison(Scene(), checkpoint, None).asked.layers == (0, 1, 2, 3)
    assert plan_comparison(Scene(layers="1"), checkpoint, None).asked.layers == (1,)
    clean = Scene(model="demo-decoder", layer=2)
    assert plan_comparison(clean, open_checkpoint("demo-decoder"), None).asked.layers == (2,)


def test_the_suggested_methods_are_registered_and_stand_in_the_order_of_the_registry() -> None:
    assert methods_of(Scene()) == tuple(name for name in METHODS if name in SUGGESTED)
    assert methods_of(Scene(methods="laser,tensorllm")) == ("tensorllm", "laser")


def test_every_method_keeps_its_budget(found: Comparison) -> None:
    assert len(found.points) == 3 * 2
    for point in found.points:
        assert point.saved_entries >= found.layers * (found.entries - found.entries // point.ratio)
    assert problems(found) == []


def test_the_download_is_what_the_shown_command_line_prints(found: Comparison, capsys: pytest.CaptureFixture) -> None:
    words = shlex.split(command(found, "laser"))
    assert main(words[words.index("compare") :]) == 0
    printed, ours = json.loads(capsys.readouterr().out), json.loads(json_of(found, "laser"))
    assert printed.pop("seconds").keys() == ours.pop("seconds").keys()
    assert ours == printed


def test_the_csv_has_a_row_for_every_method_at_every_budget(found: Comparison) -> None:
    rows = csv_of(found).splitlines()
    assert len(rows) == 1 + len(found.points)
    assert {"name", "budget", "stored", "saved", "accuracy change", "p"} <= set(rows[0].split(","))


def test_a_partial_result_is_published_after_every_wave() -> None:
    told, checkpoint = Told(), open_checkpoint("demo-decoder-noisy")
    scene = replace(SCENE, methods="tensorllm", budgets="16", sample=70)
    compare(plan_comparison(scene, checkpoint, None), checkpoint, told)  # type: ignore[arg-type]
    shares = [each.evaluation.share for each in told.published]
    assert len(shares) > 2
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_methods_that_need_matrices_which_the_model_lacks_say_so_and_the_others_go_on(tmp_path: Path) -> None:
    checkpoint = open_checkpoint(str(saved_model("mixtral", tmp_path / "mixtral")))
    plan = replace(PLAN, asked=replace(PLAN.asked, layers=(0,)))
    _, methods, missing = read_weights(plan, checkpoint)
    assert list(methods) == ["tensorllm"]
    assert [(point.method, point.ratio) for point in missing] == [("laser", 4.0), ("laser", 16.0)]
    assert all(point.problem.startswith("Expected") for point in missing)
    with pytest.raises(CheckpointError):
        read_weights(replace(plan, methods=("laser",)), checkpoint)


def test_the_layout_of_other_screens_makes_no_difference() -> None:
    checkpoint = open_checkpoint("demo-decoder-noisy")
    plans = [plan_comparison(Scene(layout=layout), checkpoint, None) for layout in Layout]
    assert plans[0].key == plans[1].key
