"""A run is found again by what decides its answers, and by nothing else."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from pages.session.scene import ChooseBy, Scene
from pages.shared.plan import OWN_FILE, Plan
from pages.shared.reasoning import questions_of
from pages.shared.scanning import scan_plan
from tensorllm_core.benchmarks.benchmark import Question, QuestionSet, Split
from tensorllm_core.types import Layout

CHANGES = {
    "model": "demo-decoder",
    "layout": Layout.RELEASED_CODE,
    "by": ChooseBy.ERROR,
    "r1": 9,
    "r2": 9,
    "r3": 2,
    "tied": True,
    "refine": True,
    "split": "validation",
    "sample": 7,
    "controls": False,
    "template": "{question}?",
    "device": "cuda:1",
    "dtype": "float16",
    "chosen_on": "test",
}
SOMETIMES = {"error", "ratio"}
"""Count only where they choose the ranks."""
BY_OTHER_MEANS = {"layer", "layers", "benchmark"}
"""Count as the plan's own layers and benchmarks, which are read from them."""
PLAN = Plan(Scene(r1=8, r2=4, r3=3), "revision", (1,), ("world-hop",))


def with_scene(plan: Plan, **changes: object) -> Plan:
    return replace(plan, scene=replace(plan.scene, **changes))


@pytest.mark.parametrize("name", CHANGES)
def test_what_decides_the_answers_makes_another_run(name: str) -> None:
    assert with_scene(PLAN, **{name: CHANGES[name]}).key != PLAN.key


@pytest.mark.parametrize("name", sorted({field.name for field in fields(Scene)} - set(CHANGES)))
def test_no_other_field_of_the_scene_makes_another_run(name: str) -> None:
    assert with_scene(PLAN, **{name: "something else"}).key == PLAN.key


@pytest.mark.parametrize(("by", "decides"), [(ChooseBy.ERROR, "error"), (ChooseBy.COMPRESSION, "ratio")])
def test_an_error_or_a_ratio_counts_where_it_chooses_the_ranks_and_old_ranks_do_not(by: ChooseBy, decides: str) -> None:
    plan = with_scene(PLAN, by=by)
    assert with_scene(plan, **{decides: 0.123}).key != plan.key
    others = {"r1": 9, "r2": 9, "r3": 2, "tied": True} | dict.fromkeys(SOMETIMES - {decides}, 0.123)
    assert with_scene(plan, **others).key == plan.key


def test_the_plan_s_own_parts_count() -> None:
    questions = QuestionSet(OWN_FILE, Split.TEST, (Question("1", "", "Sky is", "blue"),))
    others = [
        replace(PLAN, revision="another"),
        replace(PLAN, layers=(1, 2)),
        replace(PLAN, benchmarks=("world-bios",)),
        replace(PLAN, own=questions),
        replace(PLAN, own=replace(questions, questions=(Question("1", "", "Sky is", "grey"),))),
    ]
    assert len({plan.key for plan in (PLAN, *others)}) == 1 + len(others)


def test_only_a_scan_s_questions_model_and_layout_make_another_scan() -> None:
    key = scan_plan(PLAN).key
    kept = {"by", "r1", "r2", "r3", "tied", "refine", "split", "controls", "chosen_on"}
    for name in {field.name for field in fields(Scene)} - BY_OTHER_MEANS:
        same = scan_plan(with_scene(PLAN, **{name: CHANGES.get(name, "something else")})).key == key
        assert same == (name not in CHANGES or name in kept), name


def test_a_scan_of_one_s_own_file_asks_its_validation_questions() -> None:
    test, validation = (
        QuestionSet(OWN_FILE, split, (Question(split.value, "", "Sky is", "blue"),))
        for split in (Split.TEST, Split.VALIDATION)
    )
    plan = scan_plan(replace(PLAN, benchmarks=(OWN_FILE,), own=test), validation)
    assert [question.id for asked in questions_of(plan) for question in asked.questions] == ["validation"]
