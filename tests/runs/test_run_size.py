"""The size of a run that is said before it begins."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tensorllm_core.benchmarks.benchmark import Answering, Question, QuestionSet, Split
from tensorllm_core.experiments.needs import EXAMPLE
from tensorllm_core.methods.registry import METHODS
from tensorllm_core.models.checkpoint import open_checkpoint
from tensorllm_core.runs.plan import ComparisonPlan, EditPlan, QuestionPlan, plan_model
from tensorllm_core.runs.ranks import HintedRanks
from tensorllm_core.runs.resources import load_registered
from tensorllm_core.runs.run_size import RunSize, size_of_run

NOISY = open_checkpoint("demo-decoder-noisy")


def never(name: str, split: Split) -> QuestionSet:
    raise AssertionError(f"{name} would be downloaded")


def comparison(questions: QuestionPlan) -> ComparisonPlan:
    return ComparisonPlan(plan_model(NOISY, "cpu"), (0, 1), ("tensorllm", "laser", "separate"), (4.0, 8.0), questions)


def edit(questions: QuestionPlan, *, controls: bool) -> EditPlan:
    return EditPlan(plan_model(NOISY, "cpu"), (1,), "tensorllm", HintedRanks(), questions, controls=controls)


def size(plan: EditPlan | ComparisonPlan, load=load_registered) -> RunSize:
    return size_of_run(plan, NOISY, load, EXAMPLE)


def test_the_models_of_a_comparison_are_the_original_and_each_method_at_each_budget() -> None:
    counted = size(comparison(QuestionPlan(("world-hop", "world-facts"), sample=50)))
    assert (counted.models, counted.questions) == (7, 100)
    assert counted.who == "the original, and 3 methods at 2 budgets"


def test_the_controls_of_an_edit_count_too_and_the_clean_model_where_there_is_one() -> None:
    questions = QuestionPlan(("world-hop",), sample=50)
    assert size(edit(questions, controls=False)).models == 2
    with_controls = edit(questions, controls=True)
    assert size(with_controls).models == 5
    assert size(with_controls).who == "the original and the compressed one, and 3 controls"
    other = replace(with_controls, model=replace(with_controls.model, reference="owner/name"))
    assert size(other).models == 4


@pytest.mark.parametrize(("split", "sample", "asked"), [(Split.TEST, None, 1000), (Split.TEST, 5000, 1000),
                                                        (Split.ALL, None, 1500), (Split.VALIDATION, 7, 7)])  # fmt: skip
def test_no_more_questions_are_counted_than_there_are(split: Split, sample: int | None, asked: int) -> None:
    assert size(comparison(QuestionPlan(("world-hop",), split, sample))).questions == asked


def test_the_papers_questions_are_counted_without_a_download() -> None:
    counted = size(comparison(QuestionPlan(("fever",))), never)
    assert counted.questions == 10_469
    assert size(comparison(QuestionPlan(("fever",), sample=100)), never).seconds < counted.seconds / 50


def test_the_questions_of_a_file_are_counted_with_what_the_model_writes() -> None:
    own = QuestionSet("own", Split.TEST, (Question("1", "", "a" * 40, "b"),), Answering.GENERATION, max_new_tokens=15)
    short = size(comparison(QuestionPlan(("own",), own=(own,))), never)
    long = size(comparison(QuestionPlan(("own",), own=(replace(own, max_new_tokens=4000),))), never)
    assert short.questions == long.questions == 1
    assert long.seconds > short.seconds


def test_methods_with_slow_decompositions_are_named() -> None:
    questions = QuestionPlan(("world-hop",), sample=1)
    assert size(comparison(questions)).slow == ()
    assert size(replace(comparison(questions), methods=("tensorllm", "trawl"))).slow == (METHODS["trawl"].title,)


def test_twice_the_questions_take_twice_the_time_and_no_questions_none() -> None:
    some, more, none = (size(comparison(QuestionPlan(("world-hop",), sample=count))) for count in (50, 100, 0))
    assert more.seconds == pytest.approx(2 * some.seconds)
    assert none.seconds == 0
    assert size(comparison(QuestionPlan(()))).questions == 0
