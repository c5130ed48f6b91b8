"""A plan holds exactly what decides the answer: its key changes with every field, however deep it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace

import pytest

from tensorllm_core.benchmarks.benchmark import Question, QuestionSet, Split
from tensorllm_core.methods.description import Options
from tensorllm_core.methods.rank_text import parse_ranks
from tensorllm_core.models.checkpoint import open_checkpoint
from tensorllm_core.models.devices import resolve_device
from tensorllm_core.runs.plan import (
    ComparisonPlan,
    EditPlan,
    LayerPlan,
    ModelPlan,
    Plan,
    QuestionPlan,
    ScanPlan,
    SurveyPlan,
    chosen_layers,
    plan_layer,
    plan_model,
    plan_survey,
)
from tensorllm_core.runs.ranks import GivenRanks, HintedRanks, LargestError, LeastRatio, WrittenRanks
from tensorllm_core.types import Layout, Ranks

OWN = QuestionSet("own file", Split.TEST, (Question("1", "", "Sky is", "blue"),))
MODEL = ModelPlan("demo-decoder", "abc", "cpu")
QUESTIONS = QuestionPlan(("world-hop", "own file"), own=(OWN,))
PLANS = {
    "model": MODEL,
    "layer": LayerPlan("demo-decoder", "abc", 1, Layout.PAPER, "cpu"),
    "survey": SurveyPlan("demo-decoder", "abc", Layout.PAPER, "cpu"),
    "questions": QUESTIONS,
    "edit": EditPlan(MODEL, (1,), "tensorllm", GivenRanks(Ranks(8, 4, 3)), QUESTIONS),
    "scan": ScanPlan(MODEL, (1,), Layout.PAPER, QUESTIONS),
    "comparison": ComparisonPlan(MODEL, (1,), ("tensorllm", "laser"), (4.0, 16.0), QUESTIONS),
}
OTHERS = {str: "another", int: 7, bool: True, float: 0.123, tuple: ("other",), Layout: Layout.RELEASED_CODE,
          Split: Split.VALIDATION, type(None): 7}  # fmt: skip


def changed(value: object) -> Iterator[object]:
    """The value with one thing changed, once for each field of it, however deep."""
    if isinstance(value, QuestionSet):
        yield replace(value, questions=(Question("1", "", "Sky is", "grey"),))
    elif is_dataclass(value) and not isinstance(value, type):
        # The method that a name stands for is made from the other options: it is never a part of a plan.
        for each in (each for each in fields(value) if each.name != "attention_method"):
            yield from (replace(value, **{each.name: inner}) for inner in changed(getattr(value, each.name)))
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, Ranks):
        yield value._replace(r3=1)
    elif isinstance(value, tuple) and value and is_dataclass(value[0]):
        yield from ((inner, *value[1:]) for inner in changed(value[0]))
        yield ()
    elif isinstance(value, tuple):
        yield (*value, *value) if value else ("other",)
    else:
        yield OTHERS[type(value)]


@pytest.mark.parametrize("name", PLANS)
def test_every_field_counts_however_deep_it_stands(name: str) -> None:
    plan = PLANS[name]
    others = list(changed(plan))
    assert len(others) >= len(fields(plan))
    assert len({each.key for each in (plan, *others)}) == 1 + len(others)


def test_equal_plans_have_the_same_key_and_another_kind_of_plan_has_another() -> None:
    assert replace(PLANS["edit"]).key == PLANS["edit"].key
    assert len({plan.key for plan in PLANS.values()}) == len(PLANS)
    assert all(isinstance(plan, Plan) for plan in PLANS.values())


def test_every_way_to_ask_for_ranks_is_another_plan() -> None:
    rules = [HintedRanks(), GivenRanks(Ranks(8, 4, 3)), GivenRanks(Ranks(8, 4, 3), tied=True), LargestError(0.5),
             LeastRatio(0.5), WrittenRanks(parse_ranks("8,4,3"))]  # fmt: skip
    assert len({replace(PLANS["edit"], ranks=rule).key for rule in rules}) == len(rules)


def test_options_of_the_method_count() -> None:
    options = [Options(), Options(matrices=("Q",)), Options(feed_forward_layer=1), Options(attention="separate")]
    assert len({replace(PLANS["edit"], options=each).key for each in options}) == len(options)


def test_the_device_is_the_place_that_computes() -> None:
    checkpoint = open_checkpoint("demo-decoder")
    chosen = str(resolve_device("auto"))
    assert plan_layer(checkpoint, 1, device="auto") == plan_layer(checkpoint, 1, device=chosen)
    assert plan_model(checkpoint, "auto") == plan_model(checkpoint, chosen)
    assert plan_survey(checkpoint, device="auto").device == chosen
    assert plan_model(checkpoint, "spread").device == "spread"


def test_of_layers_that_share_their_weights_one_is_planned() -> None:
    assert chosen_layers(open_checkpoint("demo-decoder"), "0,2-3") == (0, 2, 3)
    assert chosen_layers(open_checkpoint("demo-decoder"), "all") == (0, 1, 2, 3)
