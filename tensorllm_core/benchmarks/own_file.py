"""Questions from a person's own file: JSON Lines or CSV with `question`, `answer` and, optionally, `choices`."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tensorllm_core.benchmarks.benchmark import Answering, Question, QuestionSet, Split, check_template
from tensorllm_core.benchmarks.own_rows import COLUMNS, RowError, numbered_rows
from tensorllm_core.benchmarks.splits import take_split
from tensorllm_core.errors import BenchmarkError, FileAccessError

__all__ = [
    "EXAMPLE",
    "LARGEST_FILE",
    "MOST_NEW_TOKENS",
    "OWN_NEW_TOKENS",
    "OwnFile",
    "own_benchmark",
    "read_own_file",
    "read_own_path",
]

LARGEST_FILE = 50 * 2**20
"""In bytes."""
OWN_NEW_TOKENS = 15
"""Tokens that a model writes at most where the rows have no choices."""
EXAMPLE = (
    '{"question": "Question: What is 2 plus 3? Answer:", "answer": "5", "choices": ["4", "5", "6"]}\n'
    '{"question": "Question: Is the sun a star? Answer:", "answer": "yes", "choices": ["yes", "no"]}\n'
    '{"question": "Question: Is a whale a fish? Answer:", "answer": "no", "choices": ["yes", "no"]}\n'
)
"""A short file of JSON Lines in the format. Without choices in any row, the model writes its answers."""

_MOST_ROWS = 100_000
_LONGEST_TEXT = 20_000
_LONGEST_NAME = 200
_MOST_MESSAGES = 50
MOST_NEW_TOKENS = 4096
_MESSAGES_WHEN_NO_ROW_IS_LEFT = 3
_NO_TEXT = re.compile(r"[\0\ud800-\udfff]")
"""Null bytes and halves of characters: JSON can spell them, but no encoding can write them."""

_KINDS = {dict: "an object", list: "a list", bool: "a truth value", int: "a number", float: "a number", str: "text"}
"""What a value of JSON is called in a message."""


@dataclass(frozen=True)
class OwnFile:
    """The questions of a file, and a sentence for each row or field that was left out."""

    name: str
    questions: tuple[Question, ...]
    left_out: tuple[str, ...]


def read_own_path(path: Path) -> OwnFile:
    """As `read_own_file`, from a path.

    Raises:
        BenchmarkError: there is no such file, or as `read_own_file`.
        FileAccessError: the file may not be read.
    """
    try:
        if not path.is_file():
            there = "a folder" if path.is_dir() else "no file"
            raise BenchmarkError(f"Expected a file with questions at {path}, got {there} there; check the path.")
        # Before it is read: a wrong path can be a film.
        _check_size(path.name, path.stat().st_size)
        content = path.read_bytes()
    except OSError as error:
        raise FileAccessError(
            f"Expected to read {path}, got “{error.strerror or error}”; change its permissions or choose another file."
        ) from error
    return read_own_file(path.name, content)


def read_own_file(name: str, content: bytes) -> OwnFile:
    """Read and check every row. A row that cannot be used is left out, and a sentence says why.

    Raises:
        BenchmarkError: the file is no text, is too large, lacks a column, or has no row that can be used.

    >>> read_own_file("a.jsonl", b'{"question": "Is it?", "answer": "yes"}').questions[0].answer
    'yes'
    """
    _check_size(name, len(content))
    questions: dict[tuple[str, str], Question] = {}
    ids: set[str] = set()
    unknown_fields: dict[str, None] = {}
    messages: list[str] = []
    for total, (number, row) in enumerate(numbered_rows(name, content), start=1):
        if total > _MOST_ROWS:
            raise BenchmarkError(f"Expected at most {_MOST_ROWS:,} rows in {name}, got more; split it.")
        try:
            question = _question(number, row, ids)
            if (question.text, question.answer) in questions:
                raise RowError("Expected each question once, got a duplicate of an earlier row")
        except RowError as error:
            messages.append(f"Row {number}: {error}; the row is left out.")
            continue
        questions[question.text, question.answer] = question
        ids.add(question.id)
        if isinstance(row, dict):
            unknown_fields.update(dict.fromkeys(str(key) for key in row if key not in COLUMNS))
    if not questions:
        why = " ".join(["", *messages[:_MESSAGES_WHEN_NO_ROW_IS_LEFT]])
        raise BenchmarkError(
            f"Expected rows with `question` and `answer` in {name}, got none that can be used; correct the rows and "
            f"give the file again.{why}"
        )
    return OwnFile(name, tuple(questions.values()), _left_out(unknown_fields, messages))


def own_benchmark(
    own: OwnFile, name: str, split: Split, template: str = "{question}", max_new_tokens: int = OWN_NEW_TOKENS
) -> QuestionSet:
    """One split of the file's questions: validation is the first 20 %.

    Where the rows have no choices, the model writes at most `max_new_tokens` tokens.

    Raises:
        BenchmarkError: some questions have choices and others none; the split is empty; a number of tokens that is
            out of bounds; or as `check_template`.
    """
    with_choices = sum(bool(question.choices) for question in own.questions)
    if 0 < with_choices < len(own.questions):
        raise BenchmarkError(
            f"Expected choices in every row of {own.name} or in none, got them in {with_choices:,} of "
            f"{len(own.questions):,}; make two files, one with choices and one without."
        )
    if not 1 <= max_new_tokens <= MOST_NEW_TOKENS:
        raise BenchmarkError(
            f"Expected 1 to {MOST_NEW_TOKENS:,} new tokens for an answer, got {max_new_tokens:,}; choose a number in "
            "this range."
        )
    answering = Answering.CHOICE if with_choices else Answering.GENERATION
    tokens = 0 if with_choices else max_new_tokens
    return QuestionSet(name, split, take_split(own.questions, split), answering, check_template(template), tokens)


def _check_size(name: str, size: int) -> None:
    if size > LARGEST_FILE:
        raise BenchmarkError(
            f"Expected a file of at most {LARGEST_FILE // 2**20} MiB, got {name} with {size / 2**20:,.0f} MiB; give a "
            "part of it."
        )
    if size == 0:
        raise BenchmarkError(f"Expected questions in {name}, got an empty file; give one with a question in each row.")


def _left_out(unknown_fields: Iterable[str], messages: list[str]) -> tuple[str, ...]:
    others = ", ".join(f"`{field[:40]}`" for field in list(unknown_fields)[:10])
    known = ", ".join(f"`{column}`" for column in COLUMNS)
    sentences = [f"Expected the fields {known}, got {others} too; these are not used."] if others else []
    sentences += messages[:_MOST_MESSAGES]
    if len(messages) > _MOST_MESSAGES:
        sentences.append(f"And {len(messages) - _MOST_MESSAGES:,} more.")
    return tuple(sentences)


def _question(number: int, row: object, ids: set[str]) -> Question:
    if isinstance(row, RowError):
        raise row
    if not isinstance(row, dict):
        raise RowError(f"Expected an object with `question` and `answer`, got {_kind(row)}")
    text, answer = _needed(row, "question"), _needed(row, "answer")
    choices = _choices(row.get("choices"))
    if choices:
        answer = _choice_spelt_as(answer, choices)
    identifier = _optional(row, "id") or f"row {number}"
    # A file may give one id to several questions, such as those about one text; here each gets its own.
    while identifier in ids:
        identifier += f" (row {number})"
    return Question(identifier, _optional(row, "topic"), text, answer, choices)


def _choice_spelt_as(answer: str, choices: tuple[str, ...]) -> str:
    """The choice that the answer means, however its characters are composed and its words are spaced."""
    for same in (_look_the_same, _one_is_plain_for_the_other):
        meant = [choice for choice in choices if same(choice, answer)]
        if len(meant) == 1:
            return meant[0]
    raise RowError(f"Expected the answer among the choices, got `{answer[:60]}`")


def _look_the_same(one: str, other: str) -> bool:
    return _composed(one) == _composed(other)


def _one_is_plain_for_the_other(one: str, other: str) -> bool:
    """Whether one text is the other in plain letters, as `fi` is for the ligature `ﬁ`; x² and x₂ are not the same."""
    return _composed(one) == _composed(other, "NFKC") or _composed(one, "NFKC") == _composed(other)


def _composed(text: str, form: Literal["NFC", "NFKC"] = "NFC") -> str:
    """One spelling for all that look the same: an accent can be a character of its own, a space a tab."""
    return " ".join(unicodedata.normalize(form, text).split())


def _needed(row: dict, name: str) -> str:
    if row.get(name) is None:
        keys = ", ".join(f"`{str(key)[:40]}`" for key in list(row)[:6]) or "none"
        raise RowError(f"Expected a field `{name}`, got {keys}")
    text = _text(row[name], name)
    if not text:
        raise RowError(f"Expected `{name}` with some text, got an empty one")
    return text


def _optional(row: dict, name: str) -> str:
    return "" if row.get(name) is None else _text(row[name], name)[:_LONGEST_NAME]


def _text(value: object, name: str) -> str:
    if isinstance(value, bool | int | float):
        value = json.dumps(value)  # so that a JSON `true` stays "true"
    if not isinstance(value, str):
        raise RowError(f"Expected `{name}` as text, got {_kind(value)}")
    if len(value) > _LONGEST_TEXT:
        raise RowError(f"Expected `{name}` of at most {_LONGEST_TEXT:,} characters, got {len(value):,}")
    if _NO_TEXT.search(value):
        raise RowError(f"Expected `{name}` as text, got a null byte or an incomplete character")
    return value.strip()


def _choices(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        value = _listed(value)
    if value is None or value == []:
        return ()
    if not isinstance(value, list):
        raise RowError(f"Expected `choices` as a list of texts, got {_kind(value)}")
    by_look: dict[str, str] = {}
    for choice in value:
        text = _text(choice, "choices")
        by_look.setdefault(_composed(text), text)
    choices = tuple(by_look.values())
    if len(choices) < 2 or "" in choices:
        raise RowError(f"Expected at least two different choices with some text, got {len(choices)}")
    return choices


def _listed(text: str) -> list:
    """The choices of a CSV cell: a JSON list, or texts with bars between them."""
    if text.lstrip().startswith("["):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            pass  # a choice may begin with a bracket too
    return text.split("|") if text.strip() else []


def _kind(value: object) -> str:
    return _KINDS.get(type(value), "nothing")
