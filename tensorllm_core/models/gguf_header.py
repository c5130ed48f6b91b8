"""Read the header of a GGUF file: its metadata, and the type, the shape and the place of each tensor.

A file begins with `GGUF`, its version, and the numbers of tensors and of metadata; then come the metadata (key, type,
value), the tensors (name, dimensions from the fastest on, type, offset), and the data of the tensors at aligned bytes.
All numbers are little-endian (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass

from tensorllm_core.errors import CheckpointError
from tensorllm_core.models.storage import Storage

__all__ = ["GgufHeader", "GgufTensor", "read_gguf_header"]

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
"""The formats of `struct` for the types of metadata that are one number."""
_TEXT, _ARRAY = 8, 9
_LENGTH = struct.Struct("<Q")
_ALIGNMENT = 32
"""Bytes to which the data of each tensor is aligned where the metadata does not say otherwise."""
_MOST_DIMENSIONS = 4
_LARGEST_HEADER = 100_000_000
"""Most bytes of a header that are read; vocabularies of 260,000 tokens need a tenth of them."""
_LONGEST_ARRAY = 4096
"""Longer arrays (the scores and types of all tokens) are passed over."""
_PIECE = 2**20


@dataclass(frozen=True)
class GgufTensor:
    """One tensor: its type as ggml names it, its shape as rows and columns, and the bytes of its data in the file."""

    name: str
    type: str
    shape: tuple[int, ...]
    start: int
    size: int


@dataclass(frozen=True)
class GgufHeader:
    """What a header says; arrays of texts and long arrays are left out of the metadata."""

    metadata: Mapping[str, object]
    tensors: tuple[GgufTensor, ...]

    @property
    def architecture(self) -> str:
        """The architecture as llama.cpp names it; empty where the header does not say."""
        return str(self.metadata.get("general.architecture", ""))


def read_gguf_header(storage: Storage, file: str) -> GgufHeader:
    """The header of a file; no byte of its tensors is read.

    Raises:
        CheckpointError: the file is no GGUF or cut short, its version or the type of a tensor is not supported, or its
            header is wrong.
        FileAccessError: the file may not be read.
    """
    cursor = _Cursor(storage, file)
    # What it is.
    if cursor.left < len(_MAGIC) or cursor.take(len(_MAGIC)) != _MAGIC:
        raise CheckpointError(
            f"Expected a GGUF file, got {file}, which does not begin with `GGUF`; give the path of a GGUF file."
        )
    version = cursor.number("I")
    if version not in _VERSIONS:
        raise CheckpointError(
            f"Expected {file} in version 2 or 3 of GGUF, little-endian, got version {version}; convert it with a newer "
            "llama.cpp."
        )
    tensors, entries = cursor.number("Q"), cursor.number("Q")
    # The metadata.
    metadata: dict[str, object] = {}
    for _ in range(entries):
        key = cursor.text()
        if key in metadata:
            raise cursor.wrong(f"it has the key `{key}` twice")
        metadata[key] = cursor.value(cursor.number("I"))
    # The table of the tensors, and where their data begins.
    table = [_table_row(cursor) for _ in range(tensors)]
    alignment = metadata.get("general.alignment", _ALIGNMENT)
    if not isinstance(alignment, int) or alignment < 1:
        raise cursor.wrong(f"its alignment is `{alignment}`")
    data_start = -(-cursor.position // alignment) * alignment
    return GgufHeader(metadata, _placed(table, data_start, cursor))


def _table_row(cursor: _Cursor) -> tuple[str, tuple[int, ...], int, int]:
    """Name, shape, number of the type and offset of one tensor."""
    name, dimensions = cursor.text(), cursor.number("I")
    if not 1 <= dimensions <= _MOST_DIMENSIONS:
        raise cursor.wrong(f"`{name}` has {dimensions} dimensions")
    shape = tuple(cursor.number("Q") for _ in range(dimensions))[::-1]
    return name, shape, cursor.number("I"), cursor.number("Q")


def _placed(
    table: list[tuple[str, tuple[int, ...], int, int]], data_start: int, cursor: _Cursor
) -> tuple[GgufTensor, ...]:
    """The tensors of a table, whose data must lie in the file, one after the other."""
    # Imported here, because the import takes a third of a second, and most models are not GGUF.
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

    tensors = []
    for name, shape, number, offset in table:
        try:
            kind = GGMLQuantizationType(number)
        except ValueError:
            raise CheckpointError(
                f"Expected the tensors of {cursor.file} in a known type of ggml, got type number {number} for "
                f"`{name}`; choose another quantisation of this model."
            ) from None
        block, block_bytes = GGML_QUANT_SIZES[kind]
        if shape[-1] % block:
            raise cursor.wrong(f"the rows of `{name}` are not a whole number of blocks of {kind.name}")
        tensors.append(GgufTensor(name, kind.name, shape, data_start + offset, math.prod(shape) // block * block_bytes))
    if len({tensor.name for tensor in tensors}) < len(tensors):
        raise cursor.wrong("it names a tensor twice")
    position = data_start
    for tensor in sorted(tensors, key=lambda tensor: (tensor.start, tensor.size)):
        if tensor.start < position:
            raise cursor.wrong(f"the bytes of `{tensor.name}` overlap those of another tensor")
        position = tensor.start + tensor.size
    if position > cursor.size:
        raise cursor.cut_short(position)
    return tuple(tensors)


class _Cursor:
    """Reads a file from its first byte on, piece by piece."""

    def __init__(self, storage: Storage, file: str) -> None:
        self.file, self.size, self.position = file, storage.size(file), 0
        self._storage, self._piece, self._piece_start = storage, bytearray(), 0

    @property
    def left(self) -> int:
        """How many bytes follow."""
        return self.size - self.position

    def take(self, count: int) -> bytes:
        """The next bytes."""
        start = self._advance(count)
        begin = start - self._piece_start
        if begin < 0 or begin + count > len(self._piece):
            self._piece = self._storage.read(self.file, start, min(max(count, _PIECE), self.size - start))
            self._piece_start, begin = start, 0
        return bytes(self._piece[begin : begin + count])

    def number(self, form: str) -> int:
        """The next whole number, in a format of `struct`."""
        return int(self._scalar(form))

    def text(self) -> str:
        """The next text."""
        try:
            return self.take(self.number("Q")).decode()
        except UnicodeDecodeError:
            raise self.wrong("a name in it is not UTF-8") from None

    def value(self, kind: int) -> object:
        """The next value of metadata; None for one that is passed over."""
        if kind in _NUMBERS:
            return self._scalar(_NUMBERS[kind])
        if kind == _TEXT:
            return self.text()
        if kind != _ARRAY:
            raise self.wrong(f"it has a value of the unknown type {kind}")
        inner, count = self.number("I"), self.number("Q")
        if inner == _TEXT:
            self._skip_texts(count)
            return None
        if inner not in _NUMBERS:
            raise self.wrong(f"it has an array of the unknown type {inner}")
        if count > _LONGEST_ARRAY:
            self._advance(count * struct.calcsize(f"<{_NUMBERS[inner]}"))
            return None
        return [self._scalar(_NUMBERS[inner]) for _ in range(count)]

    def wrong(self, reason: str) -> CheckpointError:
        """Our error for a header that is not right."""
        return CheckpointError(
            f"Expected a GGUF header in {self.file} that describes the file, got one that does not ({reason}); copy or "
            "download it again."
        )

    def cut_short(self, expected: int) -> CheckpointError:
        """Our error for a file that ends too early."""
        return CheckpointError(
            f"Expected at least {expected} bytes in {self.file} as its header says, got {self.size}; the file is cut "
            "short, so copy or download it again."
        )

    def _scalar(self, form: str) -> int | float:
        (number,) = struct.unpack(f"<{form}", self.take(struct.calcsize(f"<{form}")))
        return number

    def _skip_texts(self, count: int) -> None:
        """Pass over texts; in a loop of its own, because a vocabulary has a hundred thousand of them."""
        while count:
            # At least one text; then all whose lengths are in the piece that was read for it.
            self._advance(self.number("Q"))
            count -= 1
            at, last = self.position - self._piece_start, len(self._piece) - _LENGTH.size
            while count and at <= last:
                at += _LENGTH.size + _LENGTH.unpack_from(self._piece, at)[0]
                count -= 1
            self._advance(max(self._piece_start + at - self.position, 0))

    def _advance(self, count: int) -> int:
        """Pass over bytes; gives where they start."""
        start = self.position
        if start + count > self.size:
            raise self.cut_short(start + count)
        if start + count > _LARGEST_HEADER:
            raise self.wrong(f"it is longer than {_LARGEST_HEADER} bytes")
        self.position += count
        return start
