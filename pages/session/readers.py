"""How one parameter of a link is read: a few kinds of readers, each made for a field of the scene where it stands.

A reader is the metadata of a dataclass field; the field's name is the parameter's. What a link says is untrusted: a
text that cannot be read costs one sentence, and the field keeps its default.
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
"""Texts that are allowed; a function where finding them imports much, and most links do not speak of them."""


@dataclass(frozen=True)
class Reader:
    """From the text of a parameter to a value, and back."""

    read: Callable[[str, str], Any]
    """Takes the parameter's name and text; raises ExplorerError with the sentence to show."""
    write: Callable[[Any], str] = str


def reader_of(metadata: Any) -> Reader:
    """The reader that a field of the scene was declared with."""
    return metadata[_READER]


def whole_number(default: int | None, *, least: int, digits: int, instead: str) -> Any:
    """A whole number from `least` on, of at most so many digits.

    Args:
        instead: what is shown where the text is none, as the end of the sentence.
    """

    def read(name: str, text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= digits and int(text) >= least):
            raise RequestError(f"Expected `{name}` to be a whole number from {least}, got `{text}`; {instead}.")
        return int(text)

    return _field(default, Reader(read))


def number(default: float, *, least: float, most: float, above: bool = False) -> Any:
    """A number from `least` to `most`; with `above`, not `least` itself."""

    def read(name: str, text: str) -> float:
        value = _float(text)
        if not (least < value if above else least <= value) or not value <= most:
            span = f"above {least:g} and up to {most:g}" if above else f"from {least:g} to {most:g}"
            raise RequestError(f"Expected `{name}` {span}, got `{text}`; showing {default:g} instead.")
        return value

    return _field(default, Reader(read))


def choice(default: Any, options: Names, *, instead: str = "", kind: Callable[[str], Any] = str) -> Any:
    """One of some texts.

    Args:
        instead: what is shown where the text is none of them, as the end of the sentence; empty for no sentence.
        kind: makes the value of the text, as an enumeration does.
    """

    def read(name: str, text: str) -> Any:
        names = list(options() if callable(options) else options)
        if text in names:
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
    """A free text; `check` takes the parameter's name and the text, and returns the text or raises ExplorerError."""
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
    """Several values, which commas join in the link; each once, in their order.

    Args:
        item: a pattern that each text must match.
        names: where only these are allowed.
        kind: makes the value of a text.
        check: takes the values and returns them, or raises ValueError or ExplorerError.
        write: the text of a value.
        what: what is expected, and `instead` what is shown where it does not come: two parts of the sentence.
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
