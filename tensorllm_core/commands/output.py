"""Print a command's result: one JSON object, or lines to read."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping

__all__ = ["as_text", "log_progress", "show", "tell"]


def show(result: Mapping[str, object], *, as_json: bool) -> None:
    """Print a result on standard output."""
    print(json.dumps(result, allow_nan=False) if as_json else as_text(result))


def tell(sentences: Iterable[str]) -> None:
    """Print sentences that a person should know of on standard error."""
    for sentence in sentences:
        print(sentence, file=sys.stderr)


def log_progress(share: float, message: str) -> bool:
    """Print how far the work is on standard error; never asks to stop.

    A share of 0 is not printed: bad input ends the command before the work begins, and then its error is the only line.
    """
    if share > 0:
        print(f"{share:.0%} {message}", file=sys.stderr)
    return True


def as_text(result: Mapping[str, object]) -> str:
    """One aligned line for each value.

    >>> print(as_text({"model": "demo-decoder", "parameters": {"original": 65536, "compressed": 2304}}))
    model       demo-decoder
    parameters  original 65,536  compressed 2,304
    """
    width = max(map(len, result), default=0)
    return "\n".join(f"{name.replace('_', ' '):{width}}  {_value(value)}" for name, value in result.items())


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return "  ".join(f"{name.replace('_', ' ')} {_value(inner)}" for name, inner in value.items()) or "none"
    if isinstance(value, list):
        return "  ".join(map(_value, value))
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
