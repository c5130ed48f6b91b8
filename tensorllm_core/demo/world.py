"""The synthetic world that the bundled models know: entities with made-up names and the facts between them."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass

from tensorllm_core.demo.clues import CLUES
from tensorllm_core.demo.wording import RELATIONS, Composition

__all__ = ["World", "make_world"]

_ONSETS = ("B", "D", "F", "G", "H", "J", "K", "L", "M", "N", "P", "R", "S", "T", "V", "W", "Br", "Dr", "Gr", "St", "Tr")
_MIDDLES = ("al", "an", "ar", "el", "en", "er", "il", "im", "in", "ol", "on", "or", "ul", "un")
_NAMES = {
    "person": (120, ("a", "o", "ia", "us", "e", "is", "ina", "ek", "an", "i")),
    "city": (24, ("burg", "ton", "mouth", "stead", "haven", "ford")),
    "country": (12, ("land", "onia", "istan", "avia")),
    "company": (30, ("tec", "corp", "soft", "works", "trade")),
    "university": (20, ("mere", "brook", "wood", "field")),
}
"""How many entities of each type there are, and how their names end."""


@dataclass(frozen=True)
class World:
    """Entities by type, and the facts as relation name -> subject -> answer."""

    seed: int
    entities: dict[str, tuple[str, ...]]
    facts: dict[str, dict[str, str]]

    def two_hop(self, composition: Composition) -> dict[str, str]:
        """Subject -> answer of a composition of two relations."""
        first, second = self.facts[composition.first], self.facts[composition.second]
        return {subject: second[bridge] for subject, bridge in first.items()}

    @property
    def candidates(self) -> dict[str, tuple[str, ...]]:
        """The words that a question may be answered with, by answer type."""
        return {**self.entities, "truth": ("true", "false")}


def make_world(seed: int) -> World:
    """The world of that seed; the same seed gives the same world.

    >>> world = make_world(0)
    >>> {name: len(members) for name, members in world.entities.items()}
    {'person': 120, 'city': 24, 'country': 12, 'company': 30, 'university': 20, 'profession': 12}
    >>> world == make_world(0)
    True
    """
    generator = random.Random(f"world {seed}")
    used: set[str] = set()
    entities = {name: _names(*size_and_endings, used, generator) for name, size_and_endings in _NAMES.items()}
    entities["profession"] = tuple(CLUES)
    facts = {
        relation.name: {subject: generator.choice(entities[relation.answer]) for subject in entities[relation.subject]}
        for relation in RELATIONS
    }
    facts["spouse"] = _marriages(entities["person"], generator)
    facts["country"], facts["capital"] = _geography(entities["city"], entities["country"], generator)
    facts["founder"] = dict(
        zip(entities["company"], generator.sample(entities["person"], len(entities["company"])), strict=True)
    )
    return World(seed, entities, facts)


def _names(count: int, endings: tuple[str, ...], used: set[str], generator: random.Random) -> tuple[str, ...]:
    every = ["".join(pieces) for pieces in itertools.product(_ONSETS, _MIDDLES, endings)]
    generator.shuffle(every)
    chosen = tuple(itertools.islice((name for name in every if name not in used), count))
    used.update(chosen)
    return chosen


def _marriages(people: tuple[str, ...], generator: random.Random) -> dict[str, str]:
    shuffled = generator.sample(people, len(people))
    couples = list(zip(shuffled[::2], shuffled[1::2], strict=True))
    spouse = dict(couples) | {second: first for first, second in couples}
    return {person: spouse[person] for person in people}


def _geography(
    cities: tuple[str, ...], countries: tuple[str, ...], generator: random.Random
) -> tuple[dict[str, str], dict[str, str]]:
    """Every country gets a capital among its own cities; the other cities fall anywhere."""
    shuffled = generator.sample(cities, len(cities))
    capital = dict(zip(countries, shuffled, strict=False))
    country = {city: land for land, city in capital.items()}
    country |= {city: generator.choice(countries) for city in shuffled[len(countries) :]}
    return {city: country[city] for city in cities}, capital
