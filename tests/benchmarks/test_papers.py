"""The rules of the papers that only one benchmark has; what all of them share is in test_every_benchmark.py."""

from __future__ import annotations

import json

import pytest

from tensorllm_core.benchmarks.benchmark import Answering, Split
from tensorllm_core.benchmarks.bios import BIOS, PROFESSIONS
from tensorllm_core.benchmarks.fever import FEVER
from tensorllm_core.benchmarks.hotpotqa import HOTPOTQA
from tensorllm_core.benchmarks.wikidataqa import WIKIDATAQA


@pytest.fixture
def write(tmp_path):
    def write(**splits):
        for split, rows in splits.items():
            (tmp_path / f"{split}.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        return tmp_path

    return write


def test_hotpotqa_takes_as_much_of_train_as_validation_has_and_short_answers(write):
    def row(name, answer="yes"):
        return {"id": name, "question": f"{name}?", "answer": answer, "type": "bridge", "level": "hard"}

    folder = write(train=[row(f"t{n}") for n in range(5)], validation=[row("v0"), row("v1", "word " * 20), row("v2")])
    loaded = HOTPOTQA.load(Split.ALL, folder)
    assert [question.text for question in loaded.questions] == ["t0?", "t1?", "t2?", "v0?", "v2?"]
    assert loaded.prompt(loaded.questions[0]) == "t0? The answer is"
    assert (loaded.answering, loaded.max_new_tokens) == (Answering.GENERATION, 15)


def test_fever_drops_conflicting_and_unsettled_claims(write):
    def row(claim, label):
        return {"id": 1, "claim": claim, "label": label, "evidence_sentence": ""}

    folder = write(
        paper_dev=[row("A.", "SUPPORTS"), row("A.", "SUPPORTS"), row("B.", "REFUTES"), row("C.", "NOT ENOUGH INFO")],
        paper_test=[row("B.", "SUPPORTS"), row("D.", "REFUTES")],
    )
    loaded = FEVER.load(Split.ALL, folder)
    assert [(question.text, question.answer) for question in loaded.questions] == [("A.", "true"), ("D.", "false")]
    assert loaded.questions[0].choices == ("true", "false")
    assert loaded.prompt(loaded.questions[0]).endswith("The claim is")


def test_fever_reads_labels_that_are_numbers(write):
    rows = [
        {"id": 1, "claim": "A", "label": 1},
        {"id": 2, "claim": "B?", "label": 0},
        {"id": 3, "claim": "C", "label": 2},
    ]
    loaded = FEVER.load(Split.ALL, write(paper_dev=rows, paper_test=rows[:1]))
    assert [(question.text, question.answer) for question in loaded.questions] == [("A.", "true"), ("B?", "false")]


def test_bios_keeps_the_eight_professions(write):
    rows = [{"hard_text": f"text {n}", "profession": n, "gender": 0} for n in range(28)]
    loaded = BIOS.load(Split.ALL, write(dev=rows))
    assert [question.answer for question in loaded.questions] == [
        "architect", "composer", "journalist", "model", "painter", "poet", "professor", "teacher",
    ]  # fmt: skip
    assert all(question.choices is PROFESSIONS for question in loaded.questions)
    assert loaded.prompt(loaded.questions[0]).endswith(
        "text 1. What is the profession of the person in it? The profession of this person is"
    )


def test_wikidataqa_keeps_items_with_one_target_validation_first(write):
    def row(text, *targets):
        return {"inputs": text, "targets": list(targets), "multiple_choice_targets": [], "idx": 0}

    folder = write(train=[row("T is", "x"), row("U is", "x", "y")], validation=[row("V is", "z")])
    loaded = WIKIDATAQA.load(Split.ALL, folder)
    assert [question.text for question in loaded.questions] == ["V is", "T is"]
    assert (loaded.answering, loaded.max_new_tokens) == (Answering.GENERATION, 10)
