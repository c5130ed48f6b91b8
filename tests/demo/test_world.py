"""The synthetic world: reproducible, and complete enough for every relation to be followed."""

from __future__ import annotations

import pytest

from tensorllm_core.demo.clues import CLUES
from tensorllm_core.demo.wording import COMPOSITIONS, RELATIONS
from tensorllm_core.demo.world import make_world


@pytest.mark.parametrize("seed", [0, 1, 7])
def test_the_same_seed_gives_the_same_world_and_another_seed_another(seed):
    assert make_world(seed) == make_world(seed)
    assert make_world(seed).facts != make_world(seed + 1).facts


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_every_relation_answers_every_subject_with_an_entity_of_its_type(seed):
    world = make_world(seed)
    for relation in RELATIONS:
        facts = world.facts[relation.name]
        assert tuple(facts) == world.entities[relation.subject]
        assert set(facts.values()) <= set(world.entities[relation.answer])


def test_no_two_entities_share_a_name():
    names = [name for members in make_world(0).entities.values() for name in members]
    assert len(names) == len(set(names))


def test_marriages_are_mutual_and_capitals_lie_in_their_country():
    facts = make_world(0).facts
    assert all(facts["spouse"][spouse] == person != spouse for person, spouse in facts["spouse"].items())
    assert all(facts["country"][city] == country for country, city in facts["capital"].items())


def test_a_composition_follows_its_two_relations():
    world = make_world(0)
    for composition in COMPOSITIONS:
        for subject, answer in world.two_hop(composition).items():
            assert answer == world.facts[composition.second][world.facts[composition.first][subject]]


def test_a_clue_word_belongs_to_one_profession():
    clues = [clue for words in CLUES.values() for clue in words]
    assert len(clues) == len(set(clues))
