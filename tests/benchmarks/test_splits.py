"""The first 20 % to choose on, the rest to report on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorllm_core.benchmarks.benchmark import Question, Split
from tensorllm_core.benchmarks.splits import part
from tensorllm_core.errors import BenchmarkError


def some(count: int) -> tuple[Question, ...]:
    return tuple(Question(str(number), "", "?", "a") for number in range(count))


@given(st.integers(2, 300))
def test_the_two_splits_are_all_questions_in_their_order(count):
    validation, test = part(some(count), Split.VALIDATION), part(some(count), Split.TEST)
    assert validation + test == part(some(count), Split.ALL) == some(count)
    assert len(validation) == max(1, int(0.2 * count))


def test_a_single_question_is_for_reporting():
    assert part(some(1), Split.TEST) == some(1)
    with pytest.raises(BenchmarkError, match="split `validation`, got none as there are 1 in all"):
        part(some(1), Split.VALIDATION)


@pytest.mark.parametrize("split", Split)
def test_no_question_is_told(split):
    with pytest.raises(BenchmarkError, match="got none as there are 0 in all"):
        part((), split)


def test_a_split_that_does_not_exist_is_told():
    with pytest.raises(BenchmarkError, match="Expected a split of `validation`, `test`, `all`, got `train`"):
        Split.parse("train")


def test_a_benchmark_with_one_class_is_refused():
    questions = tuple(Question(str(n), "", f"text {n}", "poet", ("poet", "painter")) for n in range(5))
    with pytest.raises(BenchmarkError, match="got 5 that are all answered `poet`; add questions with other answers"):
        part(questions, Split.TEST)
    other = Question("other", "", "text", "painter", ("poet", "painter"))
    assert len(part((*questions, other), Split.ALL)) == 6
