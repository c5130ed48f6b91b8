"""Read the JSON files of a checkpoint, which nobody has checked before."""

from __future__ import annotations

import json

from tensorllm_core.errors import CheckpointError
from tensorllm_core.models.storage import Storage

__all__ = ["json_object", "read_json"]

_LARGEST_JSON = 100_000_000
"""Most bytes that are read from a JSON file."""


def read_json(storage: Storage, name: str) -> dict[str, object]:
    """The object in a JSON file.

    Raises:
        CheckpointError: the file is missing or too large, or does not hold a JSON object.
        FileAccessError: the file may not be read.
    """
    size = storage.size(name)
    if size > _LARGEST_JSON:
        raise CheckpointError(f"Expected {name} to hold at most {_LARGEST_JSON} bytes, got {size}; replace the file.")
    return json_object(bytes(storage.read(name, 0, size)), name)


def json_object(text: bytes, name: str) -> dict[str, object]:
    """The object in a JSON text; `name` says in the message what the text is.

    Raises:
        CheckpointError: the text is not JSON, or holds no object.

    >>> json_object(b'{"a": 1}', "config.json")
    {'a': 1}
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise CheckpointError(f"Expected a JSON object in {name}, got something else; copy or download the file again.")
    return value
