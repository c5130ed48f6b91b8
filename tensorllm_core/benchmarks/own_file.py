"""Questions from a file of one's own: JSON Lines or CSV with `question`, `answer` and, optionally, `choices`."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tensorllm_core.benchmarks.benchmark import Answering, Question, QuestionSet, Split
from tensorllm_core.benchmarks.splits import part
from tensorllm_core.errors import BenchmarkError, FileAccessError

__all__ = ["LARGEST_FILE", "OwnFile", "own_benchmark", "read_own_file", "read_own_path"]

LARGEST_FILE = 50 * 2**20
_MOST_ROWS = 100_000
_LONGEST_TEXT = 20_000
_MOST_MESSAGES = 50
_KNOWN = ("question", "answer", "choices", "id", "topic")


@dataclass(frozen=True)
class OwnFile:
    """The questions that could be read, and a sentence for each row that could not."""

    name: str
    questions: tuple[Question, ...]
    left_out: tuple[str, ...]


def read_own_path(path: Path) -> OwnFile:
    """As `read_own_file`, from a path.

    Raises:
        BenchmarkError: no such file, or as `read_own_file`.
        FileAccessError: it may not be read.
    """
    try:
        size = path.stat().st_size if path.is_file() else None
        if size is None:
            raise BenchmarkError(f"Expected a file with questions at {path}, got none there; check the path.")
        _check_size(path.name, size)
        return read_own_file(path.name, path.read_bytes())
    except OSError as error:
        raise FileAccessError(
            f"Expected to read {path}, got “{error.strerror or error}”; change its permissions or choose another file."
        ) from error


def read_own_file(name: str, content: bytes) -> OwnFile:
    """Read and check every row; rows that cannot be used are left out, and that is said.

    Raises:
        BenchmarkError: no text, too large, without the columns that are needed, or no row that can be used.
    """
    _check_size(name, len(content))
    text = _decoded(name, content)
    rows = _csv_rows(name, text) if name.lower().endswith(".csv") else _json_rows(text)
    found: dict[tuple[str, str], Question] = {}
    messages: list[str] = []
    for total, (number, row) in enumerate(rows, start=1):
        if total > _MOST_ROWS:
            raise BenchmarkError(f"Expected at most {_MOST_ROWS:,} rows in {name}, got more; give a part of it.")
        try:
            question = _question(number, row)
            if (question.text, question.answer) in found:
                raise _RowError("Expected each question once, got a duplicate of an earlier row")
            found[question.text, question.answer] = question
        except _RowError as error:
            messages.append(f"Row {number}: {error}; the row is left out.")
    if not found:
        why = f" {messages[0]}" if messages else ""
        raise BenchmarkError(f"Expected questions with `question` and `answer` in {name}, got no usable row.{why}")
    kept = messages[:_MOST_MESSAGES]
    if len(messages) > len(kept):
        kept.append(f"And {len(messages) - len(kept):,} more.")
    return OwnFile(name, tuple(found.values()), tuple(kept))


def own_benchmark(
    own: OwnFile, name: str, split: Split, template: str = "{question}", max_new_tokens: int = 15
) -> QuestionSet:
    """One split of the file's questions: validation is the first 20 %.

    Raises:
        BenchmarkError: some questions have choices and others none.
    """
    with_choices = sum(bool(question.choices) for question in own.questions)
    if 0 < with_choices < len(own.questions):
        raise BenchmarkError(
            f"Expected choices in every row of {own.name} or in none, got them in {with_choices} of "
            f"{len(own.questions)}; split the file in two."
        )
    chosen = part(own.questions, split)
    answering = Answering.CHOICE if with_choices else Answering.GENERATION
    return QuestionSet(name, split, chosen, answering, template, 0 if with_choices else max_new_tokens)


class _RowError(Exception):
    """What is wrong with one row."""


def _check_size(name: str, size: int) -> None:
    if size > LARGEST_FILE:
        raise BenchmarkError(
            f"Expected a file of at most {LARGEST_FILE // 2**20} MiB, got {name} with {size / 2**20:,.0f} MiB; give a "
            "part of it."
        )
    if size == 0:
        raise BenchmarkError(f"Expected questions in {name}, got an empty file; give one with a question in each row.")


def _decoded(name: str, content: bytes) -> str:
    encoding = "utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        raise BenchmarkError(
            f"Expected {name} as UTF-8 text, got other bytes in row {row}; save it as UTF-8 and give it again."
        ) from None
    if "\0" in text:
        raise BenchmarkError(f"Expected {name} as text, got null bytes in it; save it as UTF-8 text.")
    return text


def _json_rows(text: str) -> Iterator[tuple[int, object]]:
    if text.lstrip().startswith("["):
        try:
            whole = json.loads(text)
        except ValueError:
            whole = None
        if isinstance(whole, list):
            yield from enumerate(whole, start=1)
            return
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except (ValueError, RecursionError):
                yield number, _RowError("Expected one JSON object, got text that is none")


def _csv_rows(name: str, text: str) -> Iterator[tuple[int, object]]:
    rows = csv.reader(io.StringIO(text, newline=""))
    try:
        columns = [column.strip() for column in next(rows, [])]
        missing = [column for column in ("question", "answer") if column not in columns]
        if missing:
            raise BenchmarkError(
                f"Expected the columns `question` and `answer` in {name}, got {', '.join(columns[:10])}; name them in "
                "the first row."
            )
        for number, row in enumerate(rows, start=2):
            if row and len(row) != len(columns):
                yield number, _RowError(f"Expected {len(columns)} fields, got {len(row)}")
            elif row:
                yield (
                    number,
                    {column: cell for column, cell in zip(columns, row, strict=True) if cell or column in _KNOWN[:2]},
                )
    except csv.Error as error:
        raise BenchmarkError(f"Expected {name} as CSV, got a row that is none ({error}); save it again.") from error


def _question(number: int, row: object) -> Question:
    if isinstance(row, _RowError):
        raise row
    if not isinstance(row, dict):
        raise _RowError(f"Expected an object with `question` and `answer`, got {type(row).__name__}")
    text, answer = _text(row, "question"), _text(row, "answer")
    choices = _choices(row.get("choices"))
    if choices and answer not in choices:
        raise _RowError(f"Expected the answer among the choices, got `{answer[:60]}`")
    topic = str(row.get("topic") or "")[:200]
    return Question(f"row {number}", topic, text, answer, choices)


def _text(row: dict, name: str) -> str:
    value = row.get(name)
    if value is None:
        raise _RowError(f"Expected a field `{name}`, got {', '.join(f'`{key}`' for key in list(row)[:6]) or 'none'}")
    if isinstance(value, bool | int | float):
        value = str(value)
    if not isinstance(value, str):
        raise _RowError(f"Expected `{name}` as text, got {type(value).__name__}")
    if not value.strip():
        raise _RowError(f"Expected `{name}` with some text, got an empty one")
    if len(value) > _LONGEST_TEXT:
        raise _RowError(f"Expected `{name}` of at most {_LONGEST_TEXT:,} characters, got {len(value):,}")
    return value.strip()


def _choices(value: object) -> tuple[str, ...]:
    if value is None or value == "":
        return ()
    if isinstance(value, str):
        try:
            parsed = json.loads(value)
        except ValueError:
            parsed = None
        value = parsed if isinstance(parsed, list) else value.split("|")
    if not isinstance(value, list) or not all(isinstance(choice, str | int | float) for choice in value):
        raise _RowError("Expected `choices` as a list of texts, got something else")
    choices = tuple(dict.fromkeys(str(choice).strip() for choice in value))
    if len(choices) < 2 or "" in choices:
        raise _RowError(f"Expected at least two different choices with some text, got {len(choices)}")
    return choices
