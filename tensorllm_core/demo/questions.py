"""Questions about the demo world, split so that no validation or test question was trained on in that wording."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from tensorllm_core.demo.clues import CLUES
from tensorllm_core.demo.wording import BIOGRAPHIES, CLAIMS, COMPOSITIONS, RELATIONS, Relation
from tensorllm_core.demo.world import World

__all__ = ["BENCHMARKS", "HELD_OUT", "Question", "TrainingQuestion", "benchmark_questions", "training_questions"]

BENCHMARKS = ("world-hop", "world-claims", "world-bios", "world-facts")
"""Two-hop questions, true/false claims, biography to profession, fact completion."""

HELD_OUT = ", held-out subject"
"""How the topic of a two-hop question ends whose subject training held out."""

_TRAINING_CLAIMS = 8_000
_TRAINING_BIOGRAPHIES = 12_000
_SIZES = {"validation": 500, "test": 1_000}
_HELD_OUT_PAIRS = 0.25
_CLUES_PER_BIOGRAPHY = 5
_CLUE_IS_TRUE = 0.55
_SUBJECT_EXPONENT = 0.6


@dataclass(frozen=True)
class Question:
    """A prompt that ends right before its one-word answer, and the type of the candidate answers."""

    topic: str
    text: str
    answer: str
    candidates: str


@dataclass(frozen=True)
class TrainingQuestion:
    """A question to train on and how often it is drawn relative to the others of its benchmark.

    A claim also carries what the claimed answer ought to be, which training asks for beside the verdict.
    """

    question: Question
    weight: float
    correction: str | None = None


def benchmark_questions(world: World, benchmark: str, split: str) -> list[Question]:
    """The `validation` or `test` questions of a benchmark, in a fixed shuffled order.

    Two-hop questions mix subjects that were trained on in other wordings with held-out ones, whose
    composed answer training never shows; the share of the latter is that of all pairs, a quarter.
    """
    generator = random.Random(f"{benchmark} {split} {world.seed}")
    size = _SIZES[split]
    if benchmark == "world-claims":
        return [claim.question for claim in _claims(world, split, size, generator)]
    if benchmark == "world-bios":
        return _biographies(split, size, generator)
    makers = {"world-hop": _two_hop, "world-facts": _facts}
    every = [found.question for found in makers[benchmark](world, split)]
    return generator.sample(every, size)


def training_questions(world: World, benchmark: str) -> list[TrainingQuestion]:
    """Everything that training draws from, for one benchmark; frequent subjects follow a Zipf law."""
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
                question = Question(relation.name, template.format(subject=subject), answer, relation.answer)
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
                question = Question(topic, text, answer, answer_types[composition.second])
                yield TrainingQuestion(question, place**-_SUBJECT_EXPONENT)


def _held_out(world: World, composition: str, subjects: list[str]) -> frozenset[str]:
    generator = random.Random(f"held out {composition} {world.seed}")
    return frozenset(generator.sample(subjects, round(_HELD_OUT_PAIRS * len(subjects))))


def _claims(world: World, split: str, size: int, generator: random.Random) -> list[TrainingQuestion]:
    """Distinct claims, as many true as false; a false one names another answer of the same type."""
    facts = [(relation, subject) for relation in RELATIONS for subject in world.facts[relation.name]]
    found: dict[str, TrainingQuestion] = {}
    while len(found) < size:
        relation, subject = generator.choice(facts)
        truth = "true" if len(found) % 2 == 0 else "false"
        text = _claim(world, relation, subject, truth == "true", split, generator)
        question = Question(relation.name, text, truth, "truth")
        found.setdefault(text, TrainingQuestion(question, 1.0, correction=world.facts[relation.name][subject]))
    return generator.sample(list(found.values()), size)


def _claim(world: World, relation: Relation, subject: str, truth: bool, split: str, generator: random.Random) -> str:
    answer = world.facts[relation.name][subject]
    if not truth:
        answer = generator.choice([other for other in world.entities[relation.answer] if other != answer])
    statements = [wording for wording in getattr(relation.wordings, split) if "?" not in wording]
    statement = f"{generator.choice(statements).format(subject=subject)} {answer}"
    return generator.choice(getattr(CLAIMS, split)).format(statement=statement)


def _biographies(split: str, size: int, generator: random.Random) -> list[Question]:
    """Distinct biographies; each clue word is of the true profession with probability 0.55, else of any."""
    professions = tuple(CLUES)
    found: dict[str, Question] = {}
    while len(found) < size:
        profession = generator.choice(professions)
        clues = [
            generator.choice(CLUES[profession if generator.random() < _CLUE_IS_TRUE else generator.choice(professions)])
            for _ in range(_CLUES_PER_BIOGRAPHY)
        ]
        text = generator.choice(getattr(BIOGRAPHIES, split)).format(clues=" ".join(clues))
        found.setdefault(text, Question("profession of a biography", text, profession, "profession"))
    return list(found.values())
