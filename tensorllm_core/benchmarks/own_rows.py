"""From the bytes of a file to its rows: JSON Lines, a JSON array or CSV; a row that cannot be read is a RowError."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator

from tensorllm_core.errors import BenchmarkError

__all__ = ["COLUMNS", "NEEDED", "NumberText", "RowError", "numbered_rows", "parsed_json"]

NEEDED = ("question", "answer")
COLUMNS = (*NEEDED, "choices", "id", "topic")

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
# Spreadsheets of many countries write semicolons, because the comma is in their numbers.
_DELIMITERS = ",;\t"
_LONGEST_HEADER = 10_000


class RowError(Exception):
    """What is wrong with one row: what was expected and what came, without the end of the sentence."""


class NumberText(str):
    """A number of JSON, as it is written: 3.50 is another text than 3.5."""

    __slots__ = ()


def numbered_rows(name: str, content: bytes) -> Iterator[tuple[int, object]]:
    """Each row with its number: the line it begins on, or its place in a JSON array.

    Raises:
        BenchmarkError: no text, or CSV without the columns that are needed.

    >>> list(numbered_rows("a.csv", b"question,answer\\nIs it?,yes\\n"))
    [(2, {'question': 'Is it?', 'answer': 'yes'})]
    """
    text = _decoded(name, content)
    return _csv_rows(name, text) if name.lower().endswith(".csv") else _json_rows(text)


def _decoded(name: str, content: bytes) -> str:
    encoding = "utf-16" if content.startswith(_UTF_16) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        raise BenchmarkError(
            f"Expected {name} as UTF-8 text, got other bytes in row {row}; save it as UTF-8 and give it again."
        ) from None
    place = text.find("\0")
    if place >= 0:
        row = text.count("\n", 0, place) + 1
        raise BenchmarkError(
            f"Expected {name} as text, got null bytes in row {row}; save it as UTF-8 and give it again."
        )
    return text


def _json_rows(text: str) -> Iterator[tuple[int, object]]:
    if text.lstrip().startswith("["):
        whole = _row(text)
        if isinstance(whole, list):
            yield from enumerate(whole, start=1)
            return
    # Not `splitlines`: JSON texts may hold other marks that it takes for ends of lines, such as U+2028.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, _row(line)


def parsed_json(text: str) -> object:
    """The value of a JSON text; its numbers as they are written, and a RowError for an object with a field twice.

    Raises:
        ValueError, RecursionError: it is no JSON.

    >>> parsed_json('{"answer": 3.50}')
    {'answer': '3.50'}
    """
    return json.loads(
        text,
        object_pairs_hook=_each_once,
        parse_float=NumberText,
        parse_int=NumberText,
        parse_constant=NumberText,
    )


def _each_once(pairs: list[tuple[str, object]]) -> object:
    fields = dict(pairs)
    if len(fields) == len(pairs):
        return fields
    twice = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
    return RowError(f"Expected each field once, got `{twice[:40]}` twice")


def _row(text: str) -> object:
    try:
        return parsed_json(text)
    except (ValueError, RecursionError):
        return RowError("Expected one JSON object, got text that is not JSON")


def _csv_rows(name: str, text: str) -> Iterator[tuple[int, object]]:
    delimiter = max(_DELIMITERS, key=lambda mark: len(set(NEEDED) & set(_header(text, mark))))
    columns = _header(text, delimiter)
    if not set(NEEDED) <= set(columns) or len(set(columns)) < len(columns):
        there = ", ".join(column[:40] for column in columns[:10]) or "none"
        raise BenchmarkError(
            f"Expected the columns `question` and `answer` in {name}, got {there}; name them in the first row, "
            f"each once, beside {', '.join(f'`{column}`' for column in COLUMNS[2:])} if you have them."
        )
    # Strict, so that a quote that is never closed is an error instead of swallowing the rows after it.
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header = True
    while True:
        number = rows.line_num + 1
        fields: object
        try:
            row = next(rows)
            fields = _fields(columns, row) if row else None
        except StopIteration:
            return
        except csv.Error as error:
            fields = RowError(f"Expected a row of CSV, got one that cannot be read ({error})")
        if fields is not None and not header:
            yield number, fields
        header = False


def _header(text: str, delimiter: str) -> list[str]:
    try:
        row = next(csv.reader(io.StringIO(text[:_LONGEST_HEADER], newline=""), delimiter=delimiter), [])
    except csv.Error:
        return []
    return [column.strip().lower() for column in row]


def _fields(columns: list[str], row: list[str]) -> object:
    if len(row) != len(columns):
        return RowError(f"Expected {len(columns)} fields, got {len(row)}")
    # An empty cell is as good as no field; the two that every row needs are kept, so that their row is refused.
    return {name: cell for name, cell in zip(columns, row, strict=True) if cell.strip() or name in NEEDED}
