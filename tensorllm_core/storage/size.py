"""Count the bytes that a value takes, whatever library its arrays are of."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

__all__ = ["bytes_of"]


def bytes_of(value: Any) -> int:
    """Bytes of all arrays that a dataclass, mapping, list, tuple or set holds; of anything else, of the object itself.

    An array is whatever has `nbytes`. One that stands twice in the value counts twice.

    >>> bytes_of({"first": memoryview(bytes(100)), "second": [memoryview(bytes(20))]})
    120
    """
    if hasattr(value, "nbytes"):
        return int(value.nbytes)
    if isinstance(value, Mapping):
        return sum(bytes_of(item) for item in value.values())
    if isinstance(value, list | tuple | set | frozenset):
        return sum(bytes_of(item) for item in value)
    if hasattr(value, "__dataclass_fields__"):
        return sum(bytes_of(getattr(value, name)) for name in value.__dataclass_fields__)
    return sys.getsizeof(value)
