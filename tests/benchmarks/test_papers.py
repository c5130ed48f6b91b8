"""The papers' benchmarks by their protocol, on small local copies in the hub's schema."""

from __future__ import annotations

import json

import pytest

from tensorllm_core.benchmarks.benchmark import Answering, Split
from tensorllm_core.benchmarks.bios import bios
from tensorllm_core.benchmarks.fever import fever
from tensorllm_core.benchmarks.hotpotqa import hotpotqa
from tensorllm_core.benchmarks.registry import BENCHMARKS
from tensorllm_core.benchmarks.wikidataqa import wikidataqa
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

    folder = write(train=[row(f"t{n}") for n in range(5)], validation=[row("v0"), row("v1", "word " * 11), row("v2")])
    found = hotpotqa(Split.ALL, folder)
    assert [question.text for question in found.questions] == ["t0?", "t1?", "t2?", "v0?", "v2?"]
    assert found.prompt(found.questions[0]) == "t0? The answer is"
    assert (found.answering, found.max_new_tokens) == (Answering.GENERATION, 15)
    assert [len(hotpotqa(split, folder).questions) for split in Split] == [1, 4, 5]


def test_fever_drops_conflicting_and_unsettled_claims(write):
    def row(claim, label):
        return {"id": 1, "claim": claim, "label": label, "evidence_sentence": ""}

    folder = write(
        paper_dev=[row("A.", "SUPPORTS"), row("A.", "SUPPORTS"), row("B.", "REFUTES"), row("C.", "NOT ENOUGH INFO")],
        paper_test=[row("B.", "SUPPORTS"), row("D.", "REFUTES")],
    )
    found = fever(Split.ALL, folder)
    assert [(question.text, question.answer) for question in found.questions] == [("A.", "true"), ("D.", "false")]
    assert found.questions[0].choices == ("true", "false")
    assert found.prompt(found.questions[0]).endswith("The claim is")


def test_bios_keeps_the_eight_professions(write):
    rows = [{"hard_text": f"text {n}", "profession": n, "gender": 0} for n in range(28)]
    found = bios(Split.ALL, write(dev=rows))
    assert [question.answer for question in found.questions] == [
        "architect", "composer", "journalist", "model", "painter", "poet", "professor", "teacher",
    ]  # fmt: skip
    assert all(len(question.choices) == 8 for question in found.questions)


def test_wikidataqa_keeps_items_with_one_target_validation_first(write):
    def row(text, *targets):
        return {"inputs": text, "targets": list(targets), "multiple_choice_targets": [], "idx": 0}

    folder = write(train=[row("T is", "x"), row("U is", "x", "y")], validation=[row("V is", "z")])
    found = wikidataqa(Split.ALL, folder)
    assert [question.text for question in found.questions] == ["V is", "T is"]
    assert (found.answering, found.max_new_tokens) == (Answering.GENERATION, 10)


@pytest.mark.parametrize("name", ["hotpotqa", "fever", "bios", "wikidataqa"])
def test_without_a_network_the_sentence_says_which_file_would_do(name):
    with pytest.raises(BenchmarkError) as refused:
        BENCHMARKS[name].load(Split.TEST)
    assert "save its questions as JSON Lines with the fields question and answer" in str(refused.value)


def test_a_local_copy_without_usable_rows_is_refused(write):
    with pytest.raises(BenchmarkError, match="got rows of which none can be asked"):
        bios(Split.TEST, write(dev=[{"hard_text": "text", "profession": 0, "gender": 0}]))
    with pytest.raises(BenchmarkError, match="Expected the data set of `fever`"):
        fever(Split.TEST, write(paper_dev=[]))
