"""A model that answers the same whatever the question is, is said to, where the right answers vary."""

from __future__ import annotations

import numpy as np
import pytest

from tensorllm_core.benchmarks.benchmark import Question
from tensorllm_core.experiments.answers import from_generation
from tensorllm_core.experiments.constant_answer import constant_answer, constant_answers_json, constant_sentences


def answered(predicted: list[str], gold: list[str]):
    questions = [Question(f"{number}", "", f"{number}?", answer) for number, answer in enumerate(gold)]
    return from_generation(questions, gold, predicted, np.zeros(len(gold)))


HALF = ["true", "false"] * 150
CASES = {
    "all the same": (["false"] * 300, HALF, 300),
    "95% the same": (["false"] * 285 + ["true"] * 15, HALF, 285),
    "fewer": (["false"] * 284 + ["true"] * 16, HALF, None),
    "nearly, of too few": (["a"] * 18 + ["b"], (["a", "b"] * 10)[:19], None),
    "all of few": (["a"] * 4, ["a", "b", "c", "d"], 4),
    "one question": (["a"], ["b"], None),
    "the right answers are the same": (["a"] * 40, ["a"] * 40, None),
    "another answer than the only right one": (["b"] * 40, ["a"] * 40, None),
    "as constant as the right answers": (["a"] * 39 + ["b"], ["a"] * 39 + ["b"], None),
    "nothing at all": ([""] * 40, HALF[:40], 40),
}


@pytest.mark.parametrize("name", CASES)
def test_it_is_found_where_the_right_answers_vary(name):
    predicted, gold, count = CASES[name]
    found = constant_answer(answered(predicted, gold))
    assert (found and found.count) == count
    assert found is None or (found.answer, found.n) == (predicted[0], len(gold))


def test_subjects_that_answer_alike_share_a_sentence_and_odd_texts_stay_on_a_line():
    same, other = answered(["false"] * 40, HALF[:40]), answered(["a\n`b`" + "c" * 90] * 40, HALF[:40])
    assert constant_sentences({"original": {"q": same}, "compressed": {"q": same}}) == [
        "Original and compressed: answers `false` 40 of 40 times, whatever the question is."
    ]
    (sentence,) = constant_sentences({"original": {"q": other, "r": answered(HALF, HALF)}})
    assert sentence.startswith("Original: answers `a 'b'ccc")
    assert sentence.endswith("...` 40 of 40 times on q, whatever the question is.")
    assert constant_answers_json({"q": same, "r": answered(HALF, HALF)}) == {
        "q": {"answer": "false", "count": 40, "n": 40}
    }
