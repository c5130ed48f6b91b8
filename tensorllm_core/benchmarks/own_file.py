"""Questions from a person's own file: JSON Lines or CSV with `question`, `answer` and, optionally, `choices`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tensorllm_core.benchmarks.benchmark import Answering, Question, QuestionSet, Split, check_template
from tensorllm_core.benchmarks.own_question import own_question
from tensorllm_core.benchmarks.own_rows import COLUMNS, RowError, numbered_rows
from tensorllm_core.benchmarks.splits import take_split
from tensorllm_core.errors import BenchmarkError, FileAccessError
from tensorllm_core.storage.regular import kind_of, read_regular

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
MOST_NEW_TOKENS = 4096
EXAMPLE = (
    '{"question": "Question: What is 2 plus 3? Answer:", "answer": "5", "choices": ["4", "5", "6"]}\n'
    '{"question": "Question: Is the sun a star? Answer:", "answer": "yes", "choices": ["yes", "no"]}\n'
    '{"question": "Question: Is a whale a fish? Answer:", "answer": "no", "choices": ["yes", "no"]}\n'
)
"""A short file of JSON Lines in the format. Without choices in any row, the model writes its answers."""

_MOST_ROWS = 100_000
_MOST_MESSAGES = 50
_MESSAGES_WHEN_NO_ROW_IS_LEFT = 3


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
        kind = kind_of(path)
        if kind != "a file":
            raise BenchmarkError(f"Expected a file with questions at {path}, got {kind} there; check the path.")
        # Before it is read: a wrong path can be a film.
        _check_size(path.name, path.stat().st_size)
        content = read_regular(path)
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
            question = own_question(number, row, ids)
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
    """One split of the file's questions: validation is the first 20%.

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
