"""Keep small records in a folder, one .json file each: the oldest leave; what is damaged or not ours is passed over."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from tensorllm_core.errors import RequestError
from tensorllm_core.storage.atomic import write_atomically
from tensorllm_core.storage.folder import remove_oldest
from tensorllm_core.storage.regular import read_regular

__all__ = ["read_records", "write_record"]

T = TypeVar("T")

_ENDING = ".json"
_FORMAT = "format"
_LARGEST_FILE = 2**16
"""Bytes; a larger file is not ours."""
_DAMAGE_ERRORS = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, RequestError)


def write_record(folder: Path, name: str, values: Mapping[str, object], *, form: str, most: int) -> None:
    """Write a record under this name, in place of one that has it; at most `most` stay in the folder.

    `form` names what a record of this kind holds, so that older files are not taken for new ones.

    Raises:
        OSError: the disk refuses.
        ValueError: a number that is not finite.
    """
    stored = json.dumps({_FORMAT: form, **values}, allow_nan=False).encode()
    path = folder / f"{name}{_ENDING}"
    remove_oldest(folder, _ENDING, most_files=most if path.exists() else most - 1)
    write_atomically(path, lambda file: file.write(stored))


def read_records(folder: Path, make: Callable[[dict[str, Any]], T], *, form: str) -> list[T]:
    """What `make` makes of every record of this form; those of which it makes an error of bad values are left out."""
    try:
        paths = list(folder.glob(f"*{_ENDING}"))
    except OSError:
        return []
    return [record for path in paths if (record := _read(path, make, form)) is not None]


def _read(path: Path, make: Callable[[dict[str, Any]], T], form: str) -> T | None:
    try:
        if path.stat().st_size > _LARGEST_FILE:
            return None
        stored = json.loads(read_regular(path))
        return make(stored) if stored[_FORMAT] == form else None
    except _DAMAGE_ERRORS:
        return None
