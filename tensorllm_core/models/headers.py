"""Read from the headers alone what the safetensors files of a checkpoint hold, and check that the headers are right.

Format of a file: 8 bytes with the length of the header (little-endian), a JSON header (name -> dtype, shape,
data_offsets), and the data without gaps (https://github.com/huggingface/safetensors, README, "Format").
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import TypeGuard

import torch
from torch import Tensor

from tensorllm_core.errors import CheckpointError
from tensorllm_core.models.json_files import json_object
from tensorllm_core.models.storage import Storage
from tensorllm_core.models.weight_files import WeightFiles, weight_files

__all__ = ["TensorEntry", "read_headers"]

_LARGEST_HEADER = 100_000_000
"""The limit of the format, in bytes."""
_BYTES = {
    "BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1, "F8_E8M0": 1,
    "I16": 2, "U16": 2, "F16": 2, "BF16": 2,
    "I32": 4, "U32": 4, "F32": 4,
    "I64": 8, "U64": 8, "F64": 8, "C64": 8,
}  # fmt: skip
"""Bytes of one entry of each type."""
_FLOATS = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


@dataclass(frozen=True)
class TensorEntry:
    """One stored tensor: its type and shape, and the file, the first byte and the number of bytes of its data."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    file: str
    start: int
    size: int

    @property
    def entries(self) -> int:
        """Number of entries.

        >>> TensorEntry("w", "F32", (2, 3), "model.safetensors", 8, 24).entries
        6
        """
        return math.prod(self.shape)

    def check_type(self) -> None:
        """Accept a tensor whose type can be read as float32.

        Raises:
            CheckpointError: it cannot.
        """
        if self.dtype not in _FLOATS:
            raise CheckpointError(
                f"Expected `{self.name}` as {', '.join(_FLOATS)}, got {self.dtype}; choose the model's unquantised "
                "checkpoint."
            )

    def decode(self, data: bytearray) -> Tensor:
        """The numbers that the data of the tensor stands for, in float32.

        Raises:
            CheckpointError: its type cannot be read as float32.
        """
        self.check_type()
        return torch.frombuffer(data, dtype=_FLOATS[self.dtype]).float().reshape(self.shape)


def read_headers(storage: Storage, place: str, config: Mapping[str, object] | None = None) -> dict[str, TensorEntry]:
    """Every tensor of a checkpoint by its name, from one file or from several shards.

    `place` says in messages where the checkpoint is; `config` is what its config.json holds, read if it is not given.

    Raises:
        CheckpointError: there is no safetensors file, a shard is missing, a file is cut short, or a header is wrong.
        FileAccessError: a file may not be read.
    """
    files = weight_files(storage, config)
    if files.index is None:
        return {entry.name: entry for entry in _read_header(storage, files.names[0])}
    return _read_shards(storage, files, place)


def _read_shards(storage: Storage, files: WeightFiles, place: str) -> dict[str, TensorEntry]:
    # Read the header of every shard that the index names. A name may not lead out of the folder.
    names, weight_map = storage.names(), files.file_of
    entries: dict[str, TensorEntry] = {}
    for file in files.names:
        if PurePath(file).name != file or file not in names:
            raise CheckpointError(
                f"Expected the shard `{file}` that {files.index} names in {place}, got no such file there; copy or "
                "download it again."
            )
        for entry in _read_header(storage, file):
            if entry.name in entries:
                raise CheckpointError(
                    f"Expected each tensor in one shard, got `{entry.name}` in `{entries[entry.name].file}` and in "
                    f"`{file}`; remove the files of an older save, or copy or download the model again."
                )
            entries[entry.name] = entry
    # Every tensor must stand in the shard that the index gives.
    missing = sorted(name for name, file in weight_map.items() if name not in entries or entries[name].file != file)
    if missing:
        raise CheckpointError(
            f"Expected the tensor `{missing[0]}` in `{weight_map[missing[0]]}` as {files.index} says, got none of that "
            f"name there ({len(missing)} such in all); copy or download the model again."
        )
    return entries


def _read_header(storage: Storage, file: str) -> list[TensorEntry]:
    """The tensors of a file, in the order of their data."""
    # The length of the header, then the header.
    size = storage.size(file)
    if size < 8:
        raise _cut_short(file, 8, size)
    length = int.from_bytes(storage.read(file, 0, 8), "little")
    if length > _LARGEST_HEADER:
        raise _wrong_header(file, f"a header of {length} bytes is longer than the format allows")
    if 8 + length > size:
        raise _cut_short(file, 8 + length, size)
    header = json_object(bytes(storage.read(file, 8, length)), f"the header of {file}")
    # The tensors that it describes.
    data_start = 8 + length
    entries = sorted(
        (_entry(name, fields, file, data_start) for name, fields in header.items() if name != "__metadata__"),
        key=lambda entry: (entry.start, entry.size),
    )
    # Their data must follow each other without a gap, and end where the file ends.
    position = data_start
    for entry in entries:
        if entry.start != position:
            raise _wrong_header(file, f"the bytes of `{entry.name}` do not follow those of the tensor before it")
        position += entry.size
    if position > size:
        raise _cut_short(file, position, size)
    if position < size:
        raise _wrong_header(file, f"its tensors end at byte {position} of {size}")
    return entries


def _entry(name: str, fields: object, file: str, data_start: int) -> TensorEntry:
    """One tensor from its fields in a header; `data_start` is the first byte of the data in the file."""
    if not isinstance(fields, Mapping):
        raise _wrong_header(file, f"`{name}` is not described by an object")
    dtype, shape, offsets = fields.get("dtype"), fields.get("shape"), fields.get("data_offsets")
    if not isinstance(dtype, str) or dtype not in _BYTES:
        raise _wrong_header(file, f"`{name}` has the unknown type `{dtype}`")
    if not _is_sizes(shape) or not _is_sizes(offsets) or len(offsets) != 2:
        raise _wrong_header(file, f"`{name}` has no proper shape and offsets")
    size, stored = math.prod(shape) * _BYTES[dtype], offsets[1] - offsets[0]
    if stored != size:
        raise _wrong_header(file, f"`{name}` of shape {shape} and type {dtype} needs {size} bytes, not {stored}")
    return TensorEntry(name, dtype, tuple(shape), file, data_start + offsets[0], size)


def _is_sizes(value: object) -> TypeGuard[list[int]]:
    """Whether a JSON value is a list of whole numbers of at least 0."""
    return isinstance(value, list) and all(type(size) is int and size >= 0 for size in value)


def _cut_short(file: str, expected: int, size: int) -> CheckpointError:
    return CheckpointError(
        f"Expected {expected} bytes in {file} as its header says, got {size}; the file is cut short, so copy or "
        "download it again."
    )


def _wrong_header(file: str, reason: str) -> CheckpointError:
    return CheckpointError(
        f"Expected a safetensors header in {file} that describes the file, got one that does not ({reason}); copy or "
        "download it again."
    )
