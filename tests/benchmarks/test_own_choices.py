"""Choices of one's own file are the answer's however a keyboard or a program spelt the same characters."""

from __future__ import annotations

import json
import unicodedata

import pytest

from tensorllm_core.benchmarks.own_file import read_own_file
from tensorllm_core.errors import BenchmarkError


def question_of(answer, choices):
    row = {"question": "Which?", "answer": answer, "choices": choices}
    (question,) = read_own_file("a.jsonl", json.dumps(row).encode()).questions
    return question


@pytest.mark.parametrize(
    ("answer", "choice"),
    [
        (unicodedata.normalize("NFD", "Zürich"), "Zürich"),
        ("Zürich", unicodedata.normalize("NFD", "Zürich")),
        (" New\u00a0Haven\t", "New Haven"),
        ("New  Haven", "New Haven"),
        ("fish", "ﬁsh"),
        ("１２", "12"),
        ("\u212b", "\u00c5"),
    ],
)
def test_an_answer_in_another_spelling_is_the_choice_and_takes_its_spelling(answer, choice):
    question = question_of(answer, ["Oslo", choice])
    assert question.answer == choice
    assert question.choices == ("Oslo", choice)


def test_choices_that_look_the_same_are_one():
    composed, decomposed = (unicodedata.normalize(form, "café") for form in ("NFC", "NFD"))
    question = question_of(composed, [decomposed, "bar", composed, "bar "])
    assert question.choices == (decomposed, "bar")
    assert question.answer == decomposed
    with pytest.raises(BenchmarkError, match="at least two different choices, each with some text, got 1"):
        question_of(composed, [decomposed, composed])


def test_choices_that_differ_in_meaning_stay_apart():
    assert question_of("x2", ["x²", "x2"]).answer == "x2"
    assert question_of("x²", ["x²", "x2"]).answer == "x²"
    assert question_of("yes", ["Yes", "yes"]).choices == ("Yes", "yes")
    assert question_of("Zoe", ["Zoé", "Zoe"]).answer == "Zoe"


@pytest.mark.parametrize(("answer", "choices"), [("yes", ["Yes", "no"]), ("Zoe", ["Zoé", "Ann"]), ("x₂", ["x²", "y"])])
def test_an_answer_that_is_no_choice_costs_its_row(answer, choices):
    with pytest.raises(BenchmarkError, match="Expected the answer among the choices"):
        question_of(answer, choices)


def test_an_answer_that_could_be_two_choices_costs_its_row():
    with pytest.raises(BenchmarkError, match="Expected the answer among the choices"):
        question_of("x2", ["x²", "x₂"])
