"""The first 20% to choose on, the rest to report on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorllm_core.benchmarks.benchmark import Question, Split
from tensorllm_core.benchmarks.splits import take_split
from tensorllm_core.errors import BenchmarkError


def some(count: int) -> tuple[Question, ...]:
    return tuple(Question(str(number), "", "?", "a") for number in range(count))


@given(st.integers(2, 300))
def test_the_two_splits_are_all_questions_in_their_order(count):
    validation, test = take_split(some(count), Split.VALIDATION), take_split(some(count), Split.TEST)
    assert validation + test == take_split(some(count), Split.ALL) == some(count)
    assert len(validation) == max(1, int(0.2 * count))


def test_a_single_question_is_for_reporting():
    assert take_split(some(1), Split.TEST) == some(1)
    with pytest.raises(BenchmarkError, match="Expected two questions or more for the split `validation`, got 1"):
        take_split(some(1), Split.VALIDATION)


@pytest.mark.parametrize("split", Split)
def test_without_a_question_there_is_no_split(split):
    with pytest.raises(BenchmarkError, match="Expected at least one question, got none"):
        take_split((), split)


def test_a_split_that_does_not_exist_is_refused():
    with pytest.raises(BenchmarkError, match=r"Expected the split to be one of `validation`, .*, got `train`"):
        Split.parse("train")


def test_a_benchmark_with_one_class_is_refused():
    questions = tuple(Question(str(n), "", f"text {n}", "poet", ("poet", "painter")) for n in range(5))
    with pytest.raises(BenchmarkError, match="got 5 that are all answered `poet`; add questions with other answers"):
        take_split(questions, Split.TEST)
    other = Question("other", "", "text", "painter", ("poet", "painter"))
    assert len(take_split((*questions, other), Split.ALL)) == 6
