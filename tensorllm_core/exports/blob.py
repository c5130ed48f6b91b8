"""Data for the live figures as bytes: a header in JSON, then arrays of numbers.

`pages/instrument/scripts/blob.js` reads them.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["Arrays", "pack"]

Arrays = dict[str, np.ndarray]
_MAGIC = b"TLX1"


def pack(key: str, header: Mapping[str, Any], arrays: Arrays) -> bytes:
    """The header, with the name of the data and a list of the arrays, and the arrays, each at a multiple of 8 bytes.

    Args:
        key: names the data; live figures draw the data whose name they are told.
        header: values of JSON's types.
    """
    listed, pieces, offset = [], [], 0
    for name, array in arrays.items():
        data = np.ascontiguousarray(array).tobytes()
        listed.append({"name": name, "type": array.dtype.name, "shape": list(array.shape), "offset": offset})
        padding = -len(data) % 8
        pieces += [data, bytes(padding)]
        offset += len(data) + padding
    text = json.dumps({**header, "key": key, "arrays": listed}).encode()
    text += b" " * (-len(text) % 8)
    return b"".join([_MAGIC, struct.pack("<I", len(text)), text, *pieces])
