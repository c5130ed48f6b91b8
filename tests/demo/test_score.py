"""The scorer against a plain loop, the paired test against scipy, the interval against its definition."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from tensorllm_core.demo.architectures import DECODER, ENCODER
from tensorllm_core.demo.benchmark_files import Benchmark
from tensorllm_core.demo.questions import BENCHMARKS, benchmark_questions
from tensorllm_core.demo.score import accuracy_interval, paired_test, score
from tensorllm_core.demo.world import make_world


@pytest.mark.parametrize("architecture", [DECODER, ENCODER], ids=lambda architecture: architecture.name)
@pytest.mark.parametrize("name", BENCHMARKS)
def test_the_scorer_agrees_with_one_question_at_a_time(architecture, name):
    world = make_world(0)
    tokenizer = architecture.tokenizer(world)
    torch.manual_seed(0)
    model = architecture.build(tokenizer).eval()
    questions = tuple(benchmark_questions(world, name, "test")[:40])

    def answer(question):
        text = question.text if tokenizer.mask_token is None else f"{question.text} {tokenizer.mask_token}"
        tokens = tokenizer(text, return_tensors="pt").input_ids
        with torch.no_grad():
            logits = model(input_ids=tokens).logits[0]
        at = -1 if tokenizer.mask_token is None else tokens[0].tolist().index(tokenizer.mask_token_id)
        words = world.candidates[question.candidates]
        return max(words, key=lambda word: logits[at, tokenizer.convert_tokens_to_ids(word)])

    right = score(model, tokenizer, Benchmark(name, "test", questions, world.candidates))
    assert right.tolist() == [answer(question) == question.answer for question in questions]


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=300))
def test_the_paired_test_is_the_exact_binomial_test_of_the_changed_questions(pairs):
    before, after = (np.array(column) for column in zip(*pairs, strict=True))
    found = paired_test(before, after)
    changed = found.fixed + found.broken
    assert found.fixed - found.broken == int(after.sum()) - int(before.sum())
    expected = binomtest(found.fixed, changed, 0.5).pvalue if changed else 1.0
    assert found.p == pytest.approx(expected, rel=1e-9)


def test_the_paired_test_holds_for_thousands_of_changed_questions():
    before = np.repeat([False, True], [3_000, 1_000])
    found = paired_test(before, ~before)
    assert found.p == pytest.approx(binomtest(1_000, 4_000, 0.5).pvalue, rel=1e-6)


@given(st.integers(1, 2_000), st.data())
def test_the_interval_is_wilsons(count, data):
    hits = data.draw(st.integers(0, count))
    right = np.arange(count) < hits
    expected = binomtest(hits, count).proportion_ci(method="wilson")
    assert accuracy_interval(right) == pytest.approx((expected.low, expected.high), abs=1e-9)
