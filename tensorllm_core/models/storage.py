"""The place of the files of a checkpoint: their names, their sizes, and any range of their bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Protocol, runtime_checkable

from tensorllm_core.errors import CheckpointError, FileAccessError
from tensorllm_core.storage.regular import NotAFileError, kind_of, open_regular

__all__ = ["OF_A_MODEL", "LocalFile", "LocalFolder", "Storage"]

OF_A_MODEL = (".safetensors", ".json", ".bin", ".model", ".txt", ".jinja", ".gguf")
"""Endings of the files that lie in the folder of a model."""


@runtime_checkable
class Storage(Protocol):
    """A place of files: a folder on this machine, or anything else that gives ranges of bytes."""

    @property
    def place(self) -> str:
        """How messages name the place."""

    @property
    def commit(self) -> str | None:
        """The commit of the hub that the files belong to; None where they are not from the hub."""

    def names(self) -> tuple[str, ...]:
        """Names of the files, sorted."""

    def size(self, name: str) -> int:
        """Bytes in a file."""

    def stamp(self, name: str) -> str:
        """A text that changes when the file changes."""

    def read(self, name: str, start: int, count: int) -> bytearray:
        """Exactly `count` bytes of a file, from byte `start`."""


@dataclass(frozen=True)
class LocalFolder:
    """A folder on this machine.

    Every method raises CheckpointError where a file is missing, too short, or no file but a pipe or the like, and
    FileAccessError where a file may not be read.
    """

    path: Path

    @property
    def place(self) -> str:
        """The path of the folder."""
        return str(self.path)

    @property
    def commit(self) -> str | None:
        """The commit of a snapshot in the hub cache; None for every other folder."""
        is_commit = re.fullmatch(r"[0-9a-f]{40}", self.path.name) and self.path.parent.name == "snapshots"
        return self.path.name if is_commit else None

    def names(self) -> tuple[str, ...]:
        """Names of the files in the folder, sorted."""
        try:
            return tuple(sorted(entry.name for entry in self.path.iterdir() if _is_listed(entry)))
        except OSError as error:
            raise _read_error(self.path, error) from error

    def size(self, name: str) -> int:
        """Bytes in a file."""
        try:
            return (self.path / name).stat().st_size
        except OSError as error:
            raise _read_error(self.path / name, error) from error

    def stamp(self, name: str) -> str:
        """The size of the file, its times and its number on the disk.

        Size and time of the last change alone do not tell two models of one architecture apart: an archive, an image
        or a copy may give all files the same time.
        """
        try:
            status = (self.path / name).stat()
        except OSError as error:
            raise _read_error(self.path / name, error) from error
        return f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}"

    def read(self, name: str, start: int, count: int) -> bytearray:
        """Exactly `count` bytes of a file, from byte `start`."""
        buffer = bytearray(count)
        try:
            with open_regular(self.path / name) as file:
                file.seek(start)
                filled = _fill(file, memoryview(buffer))
        except OSError as error:
            raise _read_error(self.path / name, error) from error
        if filled < count:
            raise CheckpointError(
                f"Expected {count} bytes of {self.path / name} from byte {start}, got {filled}; the file is cut short, "
                "so copy or download it again."
            )
        return buffer


@dataclass(frozen=True)
class LocalFile(LocalFolder):
    """One file of a folder on this machine, as if it were alone there."""

    file: str

    @property
    def place(self) -> str:
        """The path of the file."""
        return str(self.path / self.file)

    def names(self) -> tuple[str, ...]:
        """The name of the file."""
        return (self.file,)


def _is_listed(entry: Path) -> bool:
    """Whether an entry of a folder is one of its files; of a model's files none may be anything else."""
    try:
        kind = kind_of(entry)
    except OSError:
        # Whoever reads it says why that is not possible; so too for a link that leads nowhere.
        return True
    is_other = kind not in {"a file", "a folder", "nothing"}
    if is_other and entry.suffix.lower() in OF_A_MODEL:
        raise NotAFileError(entry, kind)
    return not is_other and kind != "a folder"


def _fill(file: FileIO, view: memoryview) -> int:
    """Read bytes until the view is full or the file ends; gives their number."""
    # One system call gives at most 2 GiB, so several may be needed.
    filled = 0
    while filled < len(view):
        count = file.readinto(view[filled:])
        if not count:
            break
        filled += count
    return filled


def _read_error(path: Path, error: OSError) -> CheckpointError | FileAccessError:
    """Our error for a file or folder that cannot be read."""
    if isinstance(error, NotAFileError):
        return CheckpointError(f"Expected a file {error.filename}, got {error.kind}; put the file itself there.")
    if isinstance(error, FileNotFoundError):
        return CheckpointError(f"Expected a file {path}, got nothing there; copy or download the model again.")
    return FileAccessError(
        f"Expected to read {path}, got “{error.strerror or error}”; change its permissions or choose another one."
    )
