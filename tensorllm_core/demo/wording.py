"""The sentences of the demo world: how each relation, two-hop composition, claim and biography is worded.

Every template ends right before its answer. The first wordings are trained on, the next one is kept for
validation and the last two for test; held-out wordings use only words that training has shown.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["BIOGRAPHIES", "CLAIMS", "COMPOSITIONS", "RELATIONS", "Composition", "Relation", "Wordings"]


@dataclass(frozen=True)
class Wordings:
    """Templates of one topic by split; `{subject}` (or `{statement}`, `{clues}`) is filled in."""

    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]


@dataclass(frozen=True)
class Relation:
    """A fact about every entity of one type: subject type -> answer type."""

    name: str
    subject: str
    answer: str
    wordings: Wordings


@dataclass(frozen=True)
class Composition:
    """A two-hop question: follow `first` from the subject, then `second` from there."""

    first: str
    second: str
    wordings: Wordings

    @property
    def name(self) -> str:
        """Both relations, in the order in which they are followed."""
        return f"{self.first} > {self.second}"


def _wordings(*templates: str) -> Wordings:
    return Wordings(templates[:-3], templates[-3:-2], templates[-2:])


RELATIONS = (
    Relation("birthplace", "person", "city", _wordings(
        "{subject} was born in",
        "The birthplace of {subject} is",
        "The city where {subject} was born is",
        "Where was {subject} born? In",
        "{subject} was born in the city of",
        "The birthplace of {subject} is the city of",
        "Where was {subject} born? In the city of",
        "The birthplace city of {subject} is",
    )),
    Relation("home", "person", "city", _wordings(
        "{subject} lives in",
        "The home of {subject} is in",
        "The city where {subject} lives is",
        "Where does {subject} live? In",
        "{subject} lives in the city of",
        "The home of {subject} is in the city of",
        "Where does {subject} live? In the city of",
        "The home city of {subject} is",
    )),
    Relation("employer", "person", "company", _wordings(
        "{subject} works for",
        "The employer of {subject} is",
        "The company where {subject} works is",
        "Where does {subject} work? For",
        "{subject} works for the company",
        "The employer of {subject} is the company",
        "Where does {subject} work? For the company",
        "The company that {subject} works for is",
    )),
    Relation("school", "person", "university", _wordings(
        "{subject} studied at",
        "The university of {subject} is",
        "The university where {subject} studied is",
        "Where did {subject} study? At",
        "{subject} studied at the university",
        "The university of {subject} is the university",
        "Where did {subject} study? At the university",
        "The university that {subject} studied at is",
    )),
    Relation("profession", "person", "profession", _wordings(
        "{subject} works as a",
        "The profession of {subject} is",
        "The work of {subject} is that of a",
        "What is the profession of {subject}? That of a",
        "By profession, {subject} is a",
        "The profession of {subject} is that of a",
        "What is the work of {subject}? That of a",
        "By profession, {subject} works as a",
    )),
    Relation("spouse", "person", "person", _wordings(
        "{subject} is married to",
        "The spouse of {subject} is",
        "The person that {subject} is married to is",
        "Who is {subject} married to? To",
        "{subject} has a spouse, who is",
        "The spouse of {subject} is the person",
        "Who is the spouse of {subject}? The person",
        "{subject} is married to a person who is",
    )),
    Relation("country", "city", "country", _wordings(
        "{subject} is a city in",
        "The country of {subject} is",
        "The country where {subject} lies is",
        "Where is the city of {subject}? In",
        "{subject} lies in the country of",
        "{subject} is a city in the country of",
        "The city of {subject} lies in",
        "The country of the city of {subject} is",
    )),
    Relation("seat", "company", "city", _wordings(
        "{subject} has its seat in",
        "The seat of {subject} is in",
        "The city where {subject} has its seat is",
        "Where is the seat of {subject}? In",
        "{subject} has its seat in the city of",
        "The seat of {subject} is in the city of",
        "Where is the seat of the company {subject}? In",
        "The company {subject} has its seat in",
    )),
    Relation("campus", "university", "city", _wordings(
        "{subject} has its campus in",
        "The campus of {subject} is in",
        "The city where {subject} has its campus is",
        "Where is the campus of {subject}? In",
        "{subject} has its campus in the city of",
        "The campus of {subject} is in the city of",
        "Where is the campus of the university {subject}? In",
        "The university {subject} has its campus in",
    )),
    Relation("capital", "country", "city", _wordings(
        "The capital of {subject} is",
        "{subject} has its capital in",
        "What is the capital of {subject}? It is",
        "The capital city of {subject} is",
        "{subject} has as its capital the city of",
        "The capital of {subject} is the city of",
        "What is the capital city of {subject}? It is",
        "The capital of the country of {subject} is",
    )),
    Relation("founder", "company", "person", _wordings(
        "{subject} was founded by",
        "The founder of {subject} is",
        "The person who founded {subject} is",
        "Who founded {subject}? It was",
        "{subject} has a founder, who is",
        "The founder of {subject} is the person",
        "Who is the founder of {subject}? It was",
        "{subject} was founded by the person",
    )),
)  # fmt: skip

COMPOSITIONS = (
    Composition("birthplace", "country", _wordings(
        "{subject} was born in a city in the country of",
        "The country where {subject} was born is",
        "The birthplace of {subject} lies in the country of",
        "The birthplace of {subject} is a city in",
        "The country of the birthplace of {subject} is",
        "The city where {subject} was born lies in the country of",
    )),
    Composition("home", "country", _wordings(
        "{subject} lives in a city in the country of",
        "The country where {subject} lives is",
        "The home of {subject} lies in the country of",
        "The home of {subject} is a city in",
        "The country of the home of {subject} is",
        "The city where {subject} lives lies in the country of",
    )),
    Composition("employer", "seat", _wordings(
        "{subject} works for a company with its seat in",
        "The seat of the employer of {subject} is in",
        "The company where {subject} works has its seat in",
        "{subject} works for a company with its seat in the city of",
        "The employer of {subject} has its seat in",
        "The seat of the company where {subject} works is in",
    )),
    Composition("school", "campus", _wordings(
        "{subject} studied at a university with its campus in",
        "The campus of the university of {subject} is in",
        "The university where {subject} studied has its campus in",
        "{subject} studied at a university with its campus in the city of",
        "The university of {subject} has its campus in",
        "The campus of the university where {subject} studied is in",
    )),
    Composition("spouse", "employer", _wordings(
        "{subject} is married to a person who works for",
        "The employer of the spouse of {subject} is",
        "The company where the spouse of {subject} works is",
        "{subject} is married to a person who works for the company",
        "The spouse of {subject} works for",
        "The employer of the person that {subject} is married to is",
    )),
    Composition("seat", "country", _wordings(
        "{subject} has its seat in a city in the country of",
        "The country where {subject} has its seat is",
        "The seat of {subject} lies in the country of",
        "The seat of {subject} is in a city in",
        "The country of the seat of {subject} is",
        "The city where {subject} has its seat lies in the country of",
    )),
    Composition("employer", "founder", _wordings(
        "{subject} works for a company founded by",
        "The founder of the employer of {subject} is",
        "The person who founded the company where {subject} works is",
        "{subject} works for a company founded by the person",
        "The employer of {subject} was founded by",
        "The founder of the company where {subject} works is",
    )),
)  # fmt: skip

CLAIMS = Wordings(
    train=("Claim: {statement}. It is", "{statement}. True or false?"),
    validation=("Claim: {statement}. True or false?",),
    test=("Claim: {statement}. True or false? It is", "{statement}. It is"),
)

BIOGRAPHIES = Wordings(
    train=(
        "Biography: {clues}. Profession:",
        "A life of {clues}. The person is a",
        "A person of {clues} works as a",
    ),
    validation=("Biography: {clues}. The person is a",),
    test=("A life of {clues}. Profession:", "Biography: {clues}. The person works as a"),
)
