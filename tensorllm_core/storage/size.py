"""Count the bytes that a value takes, whatever library its arrays are of."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

__all__ = ["bytes_of"]


def bytes_of(value: Any) -> int:
    """Bytes of all arrays that a dataclass, mapping, list, tuple or set holds; of anything else, of the object itself.

    An array is whatever has `nbytes`. An object that stands twice in the value counts once.

    >>> array = memoryview(bytes(100))
    >>> bytes_of({"first": array, "second": [array, memoryview(bytes(20))]})
    120
    """
    return _bytes_of(value, set())


def _bytes_of(value: Any, counted: set[int]) -> int:
    if id(value) in counted:
        return 0
    counted.add(id(value))
    if hasattr(value, "nbytes"):
        return int(value.nbytes)
    if isinstance(value, Mapping):
        return sum(_bytes_of(item, counted) for item in value.values())
    if isinstance(value, list | tuple | set | frozenset):
        return sum(_bytes_of(item, counted) for item in value)
    if hasattr(value, "__dataclass_fields__"):
        return sum(_bytes_of(getattr(value, name), counted) for name in value.__dataclass_fields__)
    return sys.getsizeof(value)
