"""Benchmarks by name or file, in a fixed random order."""

from __future__ import annotations

import importlib
import pkgutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorllm_core import benchmarks
from tensorllm_core.benchmarks.benchmark import Question, QuestionSet, Split, check_template
from tensorllm_core.benchmarks.hub_benchmark import HubBenchmark
from tensorllm_core.benchmarks.registry import BENCHMARKS, load_questions
from tensorllm_core.benchmarks.sampling import shuffled
from tensorllm_core.benchmarks.world import WORLD, read_world
from tensorllm_core.errors import BenchmarkError


def test_every_benchmark_in_a_file_is_registered():
    files = [
        importlib.import_module(f"{benchmarks.__name__}.{file.name}")
        for file in pkgutil.iter_modules(benchmarks.__path__)
    ]
    described = {value.name for file in files for value in vars(file).values() if isinstance(value, HubBenchmark)}
    assert described == {name for name in BENCHMARKS if isinstance(BENCHMARKS[name], HubBenchmark)}


@pytest.mark.parametrize("name", [benchmark.name for benchmark in WORLD])
def test_a_bundled_benchmark_has_its_two_splits(name):
    sizes = {split: len(load_questions(name, split).questions) for split in Split}
    assert sizes == {Split.VALIDATION: 500, Split.TEST: 1000, Split.ALL: 1500}
    for question in load_questions(name, Split.ALL).questions:
        assert question.answer in question.choices
    assert BENCHMARKS[name].title


def test_a_bundled_benchmark_that_is_broken_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(BenchmarkError, match="make demo-models"):
        read_world("world-hop", Split.TEST, tmp_path)


@pytest.mark.parametrize("reference", ["world-zzz", "", "none.jsonl", "x.csv", "../secret"])
def test_what_is_no_benchmark_is_refused(reference):
    with pytest.raises(BenchmarkError, match="Expected"):
        load_questions(reference, Split.TEST)


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 5))
def test_fewer_questions_are_the_beginning_of_more_in_an_order_that_the_ids_decide(count, limit, seed):
    rows = tuple(Question(str(n), "", "?", "a") for n in range(count))
    forwards, backwards = (QuestionSet("b", Split.TEST, order) for order in (rows, rows[::-1]))
    whole = shuffled(forwards, seed=seed).questions
    assert sorted(whole, key=lambda question: int(question.id)) == list(rows)
    assert shuffled(backwards, limit, seed).questions == whole[:limit]
    assert forwards.key == backwards.key


def test_a_limit_below_one_is_refused():
    with pytest.raises(BenchmarkError, match="at least 1 question, got 0"):
        shuffled(QuestionSet("b", Split.TEST, ()), 0)


@pytest.mark.parametrize("template", ["", "no place", "{question} {question}", "{question}" + "x" * 5000])
def test_a_template_needs_one_place_for_the_question(template):
    with pytest.raises(BenchmarkError, match="Expected a prompt template"):
        check_template(template)


def test_the_key_differs_where_questions_or_wordings_differ():
    first = QuestionSet("b", Split.TEST, (Question("1", "", "?", "a"),))
    assert first.key != first.with_template("Q: {question}").key
    assert first.key != QuestionSet("b", Split.TEST, (Question("1", "", "?", "b"),)).key
    assert first.key != QuestionSet("b", Split.VALIDATION, first.questions).key
