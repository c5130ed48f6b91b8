"""The readers of a link's parameters: one function for each kind of value declares a field of the scene.

The reader is the metadata of the dataclass field, and the field's name is the name of the parameter. A link is
untrusted text. If a parameter cannot be read, one sentence says so and the field keeps its default.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tensorllm_core.errors import ExplorerError, RequestError

__all__ = ["Reader", "choice", "flag", "listing", "number", "reader_of", "text", "whole_number"]

_READER = "reader"
_WORD = "[^,]+"

Names = Iterable[str] | Callable[[], Iterable[str]]
"""The allowed texts. A function if it must import large modules first, which most links do not need."""


@dataclass(frozen=True)
class Reader:
    """From the text of a parameter to a value, and back."""

    read: Callable[[str, str], Any]
    """Takes the name and the text of the parameter. Raises ExplorerError with the sentence to show."""
    write: Callable[[Any], str] = str


def reader_of(metadata: Any) -> Reader:
    """The reader of a field of the scene."""
    return metadata[_READER]


def whole_number(default: int | None, *, least: int, digits: int, instead: str) -> Any:
    """A whole number from `least` up, with at most `digits` digits.

    Args:
        instead: the end of the sentence for an unreadable text, which says what is shown instead.
    """

    def read(name: str, text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= digits and int(text) >= least):
            raise RequestError(f"Expected `{name}` to be a whole number from {least}, got `{text}`; {instead}.")
        return int(text)

    return _field(default, Reader(read))


def number(default: float, *, least: float, most: float, above: bool = False) -> Any:
    """A number from `least` to `most`; with `above`, a number above `least`."""

    def read(name: str, text: str) -> float:
        value = _float(text)
        if not (least < value if above else least <= value) or not value <= most:
            span = f"above {least:g} and up to {most:g}" if above else f"from {least:g} to {most:g}"
            raise RequestError(f"Expected `{name}` {span}, got `{text}`; showing {default:g} instead.")
        return value

    return _field(default, Reader(read))


def choice(default: Any, options: Names, *, instead: str = "", kind: Callable[[str], Any] = str) -> Any:
    """One of several texts.

    Args:
        instead: the end of the sentence for any other text, which says what is shown instead; empty for no sentence.
        kind: turns the text into the value, for example an enumeration.
    """

    def read(name: str, text: str) -> Any:
        names = list(options() if callable(options) else options)
        if text in names or text == default:
            return kind(text)
        if not instead:
            return default
        listed = ", ".join(f"`{each}`" for each in names if each)
        raise RequestError(f"Expected `{name}` to be one of {listed}, got `{text}`; {instead}.")

    return _field(default, Reader(read))


def flag(default: bool = False) -> Any:
    """Yes (`1`) or no (any other text)."""
    return _field(default, Reader(lambda _, text: text == "1", lambda value: f"{int(value)}"))


def text(default: str = "", *, check: Callable[[str, str], str]) -> Any:
    """Any text. `check` gets the name of the parameter and the text, and returns the text or raises ExplorerError."""
    return _field(default, Reader(check))


def listing(
    default: Sequence[Any],
    *,
    item: str = _WORD,
    names: Names | None = None,
    kind: Callable[[str], Any] = str,
    check: Callable[[tuple[Any, ...]], tuple[Any, ...]] = tuple,
    write: Callable[[Any], str] = str,
    what: str,
    instead: str,
) -> Any:
    """Several values with commas between them; each once, in their order.

    Args:
        item: the pattern that the text of each value must match.
        names: the allowed texts, if not all are.
        kind: turns a text into a value.
        check: gets the values and returns them, or raises ValueError or ExplorerError.
        write: turns a value into its text.
        what: the part of the sentence for an unreadable text that says what is expected.
        instead: the end of this sentence, which says what is shown instead.
    """

    def read(name: str, text: str) -> tuple[Any, ...]:
        texts = [each for each in text.split(",") if each]
        allowed = None if names is None else set(names() if callable(names) else names)
        wrong = next((t for t in texts if not _fits(t, item, allowed)), None)
        try:
            if wrong is None:
                return check(tuple(dict.fromkeys(kind(each) for each in texts)))
        except (ValueError, ExplorerError):
            wrong = text
        raise RequestError(f"Expected `{name}` as {what}, got `{wrong}`; {instead}.") from None

    return _field(tuple(default), Reader(read, lambda values: ",".join(map(write, values))))


def _fits(text: str, item: str, allowed: set[str] | None) -> bool:
    return re.fullmatch(item, text, re.ASCII) is not None and (allowed is None or text in allowed)


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _field(default: Any, reader: Reader) -> Any:
    return field(default=default, metadata={_READER: reader})
