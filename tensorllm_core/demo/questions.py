"""Questions about the demo world, split so that no validation or test question was trained on in that wording."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from tensorllm_core.demo.clues import CLUES
from tensorllm_core.demo.wording import BIOGRAPHIES, CLAIMS, COMPOSITIONS, RELATIONS, Relation
from tensorllm_core.demo.world import World

__all__ = ["HELD_OUT", "TrainingQuestion", "WorldQuestion", "benchmark_questions", "training_questions"]

HELD_OUT = ", held-out subject"
"""The end of a two-hop question's topic where training has held the subject out."""

_TRAINING_CLAIMS = 8_000
_TRAINING_BIOGRAPHIES = 12_000
_SIZES = {"validation": 500, "test": 1_000}
_HELD_OUT_PAIRS = 0.25
_CLUES_PER_BIOGRAPHY = 5
_CLUE_IS_TRUE = 0.55
_SUBJECT_EXPONENT = 0.6


@dataclass(frozen=True)
class WorldQuestion:
    """A prompt that ends right before its one-word answer, and the type of the candidate answers."""

    topic: str
    text: str
    answer: str
    candidates: str


@dataclass(frozen=True)
class TrainingQuestion:
    """A question to train on and how often it is drawn relative to the others of its benchmark.

    A claim also carries the right answer in place of the one that it states; training asks for both.
    """

    question: WorldQuestion
    weight: float
    correction: str | None = None


def benchmark_questions(world: World, benchmark: str, split: str) -> list[WorldQuestion]:
    """The `validation` or `test` questions of a bundled benchmark, in a fixed shuffled order.

    Training has shown three quarters of the two-hop subjects in other wordings. It never shows the composed answer
    of the last quarter, whose questions end their topic in `HELD_OUT`.
    """
    generator = random.Random(f"{benchmark} {split} {world.seed}")
    size = _SIZES[split]
    if benchmark == "world-claims":
        return [claim.question for claim in _claims(world, split, size, generator)]
    if benchmark == "world-bios":
        return _biographies(split, size, generator)
    make = {"world-hop": _two_hop, "world-facts": _facts}[benchmark]
    return generator.sample([example.question for example in make(world, split)], size)


def training_questions(world: World, benchmark: str) -> list[TrainingQuestion]:
    """All training questions of one bundled benchmark; the frequencies of the subjects follow a Zipf law."""
    generator = random.Random(f"{benchmark} train {world.seed}")
    if benchmark == "world-claims":
        return _claims(world, "train", _TRAINING_CLAIMS, generator)
    if benchmark == "world-bios":
        biographies = _biographies("train", _TRAINING_BIOGRAPHIES, generator)
        return [TrainingQuestion(question, 1.0) for question in biographies]
    return list(_two_hop(world, "train") if benchmark == "world-hop" else _facts(world, "train"))


def _facts(world: World, split: str) -> Iterator[TrainingQuestion]:
    for relation in RELATIONS:
        for place, (subject, answer) in enumerate(world.facts[relation.name].items(), start=1):
            for template in getattr(relation.wordings, split):
                question = WorldQuestion(relation.name, template.format(subject=subject), answer, relation.answer)
                yield TrainingQuestion(question, place**-_SUBJECT_EXPONENT)


def _two_hop(world: World, split: str) -> Iterator[TrainingQuestion]:
    answer_types = {relation.name: relation.answer for relation in RELATIONS}
    for composition in COMPOSITIONS:
        pairs = world.two_hop(composition)
        held_out = _held_out(world, composition.name, list(pairs))
        for place, (subject, answer) in enumerate(pairs.items(), start=1):
            if split == "train" and subject in held_out:
                continue
            topic = f"{composition.name}{HELD_OUT}" if subject in held_out else composition.name
            for template in getattr(composition.wordings, split):
                text = template.format(subject=subject)
                question = WorldQuestion(topic, text, answer, answer_types[composition.second])
                yield TrainingQuestion(question, place**-_SUBJECT_EXPONENT)


def _held_out(world: World, composition: str, subjects: list[str]) -> frozenset[str]:
    generator = random.Random(f"held out {composition} {world.seed}")
    return frozenset(generator.sample(subjects, round(_HELD_OUT_PAIRS * len(subjects))))


def _claims(world: World, split: str, size: int, generator: random.Random) -> list[TrainingQuestion]:
    """Distinct claims, as many true as false; a false one names another answer of the same type."""
    facts = [(relation, subject) for relation in RELATIONS for subject in world.facts[relation.name]]
    claims: dict[str, TrainingQuestion] = {}
    while len(claims) < size:
        relation, subject = generator.choice(facts)
        truth = "true" if len(claims) % 2 == 0 else "false"
        text = _claim(world, relation, subject, truth == "true", split, generator)
        question = WorldQuestion(relation.name, text, truth, "truth")
        claims.setdefault(text, TrainingQuestion(question, 1.0, correction=world.facts[relation.name][subject]))
    return generator.sample(list(claims.values()), size)


def _claim(world: World, relation: Relation, subject: str, truth: bool, split: str, generator: random.Random) -> str:
    answer = world.facts[relation.name][subject]
    if not truth:
        answer = generator.choice([other for other in world.entities[relation.answer] if other != answer])
    statements = [wording for wording in getattr(relation.wordings, split) if "?" not in wording]
    statement = f"{generator.choice(statements).format(subject=subject)} {answer}"
    return generator.choice(getattr(CLAIMS, split)).format(statement=statement)


def _biographies(split: str, size: int, generator: random.Random) -> list[WorldQuestion]:
    """Distinct biographies; each clue word is of the true profession with probability 0.55, else of any."""
    professions = tuple(CLUES)
    biographies: dict[str, WorldQuestion] = {}
    while len(biographies) < size:
        profession = generator.choice(professions)
        clues = [
            generator.choice(CLUES[profession if generator.random() < _CLUE_IS_TRUE else generator.choice(professions)])
            for _ in range(_CLUES_PER_BIOGRAPHY)
        ]
        text = generator.choice(getattr(BIOGRAPHIES, split)).format(clues=" ".join(clues))
        biographies.setdefault(text, WorldQuestion("profession of a biography", text, profession, "profession"))
    return list(biographies.values())
