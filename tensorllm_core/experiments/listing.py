"""Names in a row, as a sentence has them."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["listed"]


def listed(names: Sequence[str]) -> str:
    """Names with commas, and `and` before the last.

    >>> listed(["Q"]), listed(["Q", "K", "V"])
    ('Q', 'Q, K and V')
    """
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
