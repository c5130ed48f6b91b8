"""The papers' benchmarks by their protocol, on small local copies in the hub's schema."""

from __future__ import annotations

import json

import pytest

from tensorllm_core.benchmarks.benchmark import Answering, Split
from tensorllm_core.benchmarks.bios import PROFESSIONS, load_bios
from tensorllm_core.benchmarks.fever import load_fever
from tensorllm_core.benchmarks.hotpotqa import load_hotpotqa
from tensorllm_core.benchmarks.registry import BENCHMARKS
from tensorllm_core.benchmarks.wikidataqa import load_wikidataqa
from tensorllm_core.errors import BenchmarkError


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
    found = load_hotpotqa(Split.ALL, folder)
    assert [question.text for question in found.questions] == ["t0?", "t1?", "t2?", "v0?", "v2?"]
    assert found.prompt(found.questions[0]) == "t0? The answer is"
    assert (found.answering, found.max_new_tokens) == (Answering.GENERATION, 15)
    assert [len(load_hotpotqa(split, folder).questions) for split in Split] == [1, 4, 5]


def test_fever_drops_conflicting_and_unsettled_claims(write):
    def row(claim, label):
        return {"id": 1, "claim": claim, "label": label, "evidence_sentence": ""}

    folder = write(
        paper_dev=[row("A.", "SUPPORTS"), row("A.", "SUPPORTS"), row("B.", "REFUTES"), row("C.", "NOT ENOUGH INFO")],
        paper_test=[row("B.", "SUPPORTS"), row("D.", "REFUTES")],
    )
    found = load_fever(Split.ALL, folder)
    assert [(question.text, question.answer) for question in found.questions] == [("A.", "true"), ("D.", "false")]
    assert found.questions[0].choices == ("true", "false")
    assert found.prompt(found.questions[0]).endswith("The claim is")


def test_fever_reads_labels_that_are_numbers(write):
    rows = [
        {"id": 1, "claim": "A", "label": 1},
        {"id": 2, "claim": "B?", "label": 0},
        {"id": 3, "claim": "C", "label": 2},
    ]
    found = load_fever(Split.ALL, write(paper_dev=rows, paper_test=rows[:1]))
    assert [(question.text, question.answer) for question in found.questions] == [("A.", "true"), ("B?", "false")]


def test_bios_keeps_the_eight_professions(write):
    rows = [{"hard_text": f"text {n}", "profession": n, "gender": 0} for n in range(28)]
    found = load_bios(Split.ALL, write(dev=rows))
    assert [question.answer for question in found.questions] == [
        "architect", "composer", "journalist", "model", "painter", "poet", "professor", "teacher",
    ]  # fmt: skip
    assert all(question.choices is PROFESSIONS for question in found.questions)
    assert found.prompt(found.questions[0]).endswith(
        "text 1. What is the profession of the person in it? The profession of this person is"
    )


def test_wikidataqa_keeps_items_with_one_target_validation_first(write):
    def row(text, *targets):
        return {"inputs": text, "targets": list(targets), "multiple_choice_targets": [], "idx": 0}

    folder = write(train=[row("T is", "x"), row("U is", "x", "y")], validation=[row("V is", "z")])
    found = load_wikidataqa(Split.ALL, folder)
    assert [question.text for question in found.questions] == ["V is", "T is"]
    assert (found.answering, found.max_new_tokens) == (Answering.GENERATION, 10)


def test_questions_of_one_benchmark_have_ids_of_their_own(write):
    rows = [{"inputs": f"{n} is", "targets": ["x"]} for n in range(20)]
    found = load_wikidataqa(Split.ALL, write(train=rows, validation=rows)).questions
    assert len({question.id for question in found}) == 40


@pytest.mark.parametrize("name", ["hotpotqa", "fever", "bios", "wikidataqa"])
def test_without_a_network_the_sentence_says_which_file_would_do(name):
    with pytest.raises(BenchmarkError) as refused:
        BENCHMARKS[name].load(Split.TEST)
    assert "save the data set as JSON Lines with the fields question" in str(refused.value)


def test_a_local_copy_without_a_usable_row_is_told(write):
    with pytest.raises(BenchmarkError, match="got none as there are 0 in all"):
        load_bios(Split.TEST, write(dev=[{"hard_text": "text", "profession": 0}]))


def test_a_local_copy_that_lacks_a_file_or_a_column_is_told(write):
    with pytest.raises(BenchmarkError, match=r"no file `dev\.jsonl`"):
        load_bios(Split.TEST, write(test=[{"hard_text": "text", "profession": 0}]))
    with pytest.raises(BenchmarkError, match="no column `hard_text` among `profession`"):
        load_bios(Split.TEST, write(dev=[{"profession": 0}]))
