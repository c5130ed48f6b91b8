"""Answers from scores and from texts, and which of them an edit flipped."""

from __future__ import annotations

import numpy as np
import pytest

from tensorllm_core.benchmarks.benchmark import Question
from tensorllm_core.experiments.answers import flips, from_generation, from_scores, join_answers

QUESTIONS = (
    Question("1", "", "?", "b", ("a", "b")),
    Question("2", "", "?", "x", ("x", "y", "z")),
)


def answers(scores):
    return from_scores(QUESTIONS, np.array([1, 0, 1, 0, 1]), np.array([2, 1, 0, 0, 1]), np.log(scores))


def test_scores_find_their_question_and_choice_in_any_order():
    two = answers([0.1, 0.3, 0.2, 0.2, 0.4])
    assert two.predicted == ("b", "y")
    assert two.right.tolist() == [True, False]
    np.testing.assert_allclose(two.loss, -np.log([0.3, 0.2]))
    np.testing.assert_allclose(two.confidence, [0.6, 0.4 / 0.7])
    np.testing.assert_allclose(two.gold_probability, [0.6, 0.2 / 0.7])
    np.testing.assert_allclose(two.margin, np.log([0.3 / 0.2, 0.2 / 0.4]))
    assert two.accuracy == 0.5


def test_flips_name_the_fixed_and_the_broken_answers():
    before, after = answers([0.1, 0.3, 0.2, 0.2, 0.4]), answers([0.1, 0.1, 0.6, 0.2, 0.1])
    first, second = flips(before, after)
    assert (first.question.id, first.fixed, first.before, first.after) == ("1", False, "b", "a")
    assert (second.question.id, second.fixed, second.before, second.after) == ("2", True, "y", "x")
    assert second.gold_probability_after == pytest.approx(0.75)
    assert flips(before, before) == ()


def test_generated_texts_are_right_when_they_contain_the_answer_in_any_case():
    generated = from_generation(QUESTIONS, ("b", "x"), [" It is B, surely ", "y"], np.array([1.0, 2.0]))
    assert generated.right.tolist() == [True, False]
    assert generated.predicted == ("It is B, surely", "y")
    assert np.isnan(generated.margin).all()


def test_parts_join_in_order():
    part = answers([0.1, 0.3, 0.2, 0.2, 0.4])
    joined = join_answers([part, part])
    assert joined.questions == QUESTIONS * 2
    assert joined.right.tolist() == [True, False] * 2
    assert joined.mean_loss == part.mean_loss
