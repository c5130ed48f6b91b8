"""Print a command's result: one JSON object, or lines to read."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping

__all__ = ["as_text", "print_notices", "show"]


def show(result: Mapping[str, object], *, as_json: bool) -> None:
    """Print a result on standard output."""
    print(json.dumps(result, allow_nan=False) if as_json else as_text(result))


def print_notices(notices: Iterable[str]) -> None:
    """Print on standard error what a reader of the result must know, one sentence a line."""
    for notice in notices:
        print(notice, file=sys.stderr)


def as_text(result: Mapping[str, object]) -> str:
    """One aligned line for each value.

    >>> print(as_text({"model": "demo-decoder", "parameters": {"original": 65536, "compressed": 2304}}))
    model       demo-decoder
    parameters  original 65,536  compressed 2,304
    """
    width = max(map(len, result), default=0)
    return "\n".join(f"{_words(name):{width}}  {_value(value)}" for name, value in result.items())


def _words(name: str) -> str:
    """A name of ours as words; other names, such as that of the type Q4_1, stay as they are."""
    return name.replace("_", " ") if name.islower() else name


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return "  ".join(f"{_words(name)} {_value(inner)}" for name, inner in value.items()) or "none"
    if isinstance(value, list):
        return "  ".join(map(_value, value)) or "none"
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
