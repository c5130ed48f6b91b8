"""Questions and splits: reproducible, with right answers, in wordings that training never shows."""

from __future__ import annotations

import re

import pytest

from tensorllm_core.benchmarks.registry import BUNDLED
from tensorllm_core.demo.clues import CLUES
from tensorllm_core.demo.questions import HELD_OUT, benchmark_questions, training_questions
from tensorllm_core.demo.tokenizer import decoder_tokenizer
from tensorllm_core.demo.wording import RELATIONS
from tensorllm_core.demo.world import make_world

SPLITS = ("validation", "test")


@pytest.fixture(scope="module")
def world():
    return make_world(0)


@pytest.mark.parametrize("name", BUNDLED)
def test_the_same_world_gives_the_same_questions(world, name):
    assert training_questions(world, name) == training_questions(make_world(0), name)
    for split in SPLITS:
        assert benchmark_questions(world, name, split) == benchmark_questions(make_world(0), name, split)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_no_wording_appears_in_two_splits(seed):
    world = make_world(seed)
    training = {example.question.text for name in BUNDLED for example in training_questions(world, name)}
    validation, test = (
        {question.text for name in BUNDLED for question in benchmark_questions(world, name, split)} for split in SPLITS
    )
    assert not training & validation
    assert not training & test
    assert not validation & test


@pytest.mark.parametrize("name", BUNDLED)
def test_a_benchmark_has_500_validation_and_1000_test_questions_all_distinct(world, name):
    for split, size in zip(SPLITS, (500, 1_000), strict=True):
        assert len({question.text for question in benchmark_questions(world, name, split)}) == size


@pytest.mark.parametrize("name", BUNDLED)
def test_an_answer_is_among_its_candidates(world, name):
    for split in SPLITS:
        for question in benchmark_questions(world, name, split):
            assert question.answer in world.candidates[question.candidates]


def test_held_out_wordings_use_only_words_that_training_has_shown(world):
    tokenizer = decoder_tokenizer(world)
    for benchmark in BUNDLED:
        for split in SPLITS:
            texts = [question.text for question in benchmark_questions(world, benchmark, split)]
            assert all(tokenizer.unk_token_id not in row for row in tokenizer(texts).input_ids)


def test_training_never_shows_a_held_out_two_hop_pair(world):
    held_out = [
        question
        for split in SPLITS
        for question in benchmark_questions(world, "world-hop", split)
        if question.topic.endswith(HELD_OUT)
    ]
    trained = {
        (example.question.topic, name)
        for example in training_questions(world, "world-hop")
        for name in re.findall(r"\w+", example.question.text)
    }
    names = {name for members in world.entities.values() for name in members}
    assert 0.2 < len(held_out) / 1_500 < 0.3
    for question in held_out:
        (subject,) = names.intersection(re.findall(r"\w+", question.text))
        assert (question.topic.removesuffix(HELD_OUT), subject) not in trained


@pytest.mark.parametrize("split", SPLITS)
def test_half_of_the_claims_are_true_and_their_verdicts_are_right(world, split):
    claims = benchmark_questions(world, "world-claims", split)
    relations = {relation.name: relation for relation in RELATIONS}
    assert sum(claim.answer == "true" for claim in claims) == len(claims) / 2
    for claim in claims:
        relation = relations[claim.topic]
        stated = {
            f"{wording.format(subject=subject)} {answer}."
            for subject, answer in world.facts[claim.topic].items()
            for wording in getattr(relation.wordings, split)
        }
        assert any(fact in claim.text for fact in stated) == (claim.answer == "true")


def test_a_false_claim_names_another_answer_of_the_right_type_and_carries_the_true_one(world):
    relations = {relation.name: relation for relation in RELATIONS}
    for example in training_questions(world, "world-claims")[:500]:
        stated = example.question.text.partition(".")[0].split()[-1]
        assert stated in world.entities[relations[example.question.topic].answer]
        assert (stated == example.correction) == (example.question.answer == "true")


def test_the_most_frequent_clues_point_to_the_profession_of_most_biographies(world):
    owner = {clue: profession for profession, clues in CLUES.items() for clue in clues}
    right = 0
    for question in benchmark_questions(world, "world-bios", "test"):
        owners = [owner[word] for word in re.findall(r"\w+", question.text) if word in owner]
        assert len(owners) == 5
        right += max(owners, key=owners.count) == question.answer
    assert 800 < right < 950
