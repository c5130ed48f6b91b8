"""Where a checkpoint's files lie: their sizes and any range of their bytes, without reading the rest."""

from __future__ import annotations

import re
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Protocol, runtime_checkable

from tensorllm_core.errors import CheckpointError, FileAccessError

__all__ = ["LocalFolder", "Storage"]


@runtime_checkable
class Storage(Protocol):
    """Files by name: a local folder, or any place that serves byte ranges."""

    @property
    def place(self) -> str:
        """What to call it in messages."""

    @property
    def commit(self) -> str | None:
        """The commit of the hub that the files are of, if they are of one."""

    def names(self) -> tuple[str, ...]:
        """Names of the files, sorted."""

    def size(self, name: str) -> int:
        """Bytes in a file."""

    def stamp(self, name: str) -> str:
        """Text that changes when the file does."""

    def read(self, name: str, start: int, count: int) -> bytearray:
        """Exactly `count` bytes of a file from `start` on."""


@dataclass(frozen=True)
class LocalFolder:
    """A folder on this machine.

    Every method raises FileAccessError where the machine refuses, CheckpointError where a file is
    missing or too short.
    """

    path: Path

    @property
    def place(self) -> str:
        """The folder's path."""
        return str(self.path)

    @property
    def commit(self) -> str | None:
        """The commit, for a snapshot in the hub's cache."""
        is_commit = re.fullmatch(r"[0-9a-f]{40}", self.path.name) and self.path.parent.name == "snapshots"
        return self.path.name if is_commit else None

    def names(self) -> tuple[str, ...]:
        """Names of the files in the folder, sorted."""
        try:
            return tuple(sorted(entry.name for entry in self.path.iterdir() if not entry.is_dir()))
        except OSError as error:
            raise _refused(self.path, error) from error

    def size(self, name: str) -> int:
        """Bytes in a file."""
        try:
            return (self.path / name).stat().st_size
        except OSError as error:
            raise _refused(self.path / name, error) from error

    def stamp(self, name: str) -> str:
        """The file's size and time of last change."""
        try:
            status = (self.path / name).stat()
        except OSError as error:
            raise _refused(self.path / name, error) from error
        return f"{status.st_size} {status.st_mtime_ns}"

    def read(self, name: str, start: int, count: int) -> bytearray:
        """Exactly `count` bytes of a file from `start` on."""
        buffer = bytearray(count)
        try:
            with (self.path / name).open("rb", buffering=0) as file:
                file.seek(start)
                filled = _fill(file, memoryview(buffer))
        except OSError as error:
            raise _refused(self.path / name, error) from error
        if filled < count:
            raise CheckpointError(
                f"Expected {count} bytes of {self.path / name} from byte {start}, got {filled}; the file is cut short, "
                "so copy or download it again."
            )
        return buffer


def _fill(file: FileIO, view: memoryview) -> int:
    # One system call gives at most 2 GiB.
    filled = 0
    while filled < len(view):
        got = file.readinto(view[filled:])
        if not got:
            break
        filled += got
    return filled


def _refused(path: Path, error: OSError) -> CheckpointError | FileAccessError:
    if isinstance(error, FileNotFoundError):
        return CheckpointError(f"Expected a file {path}, got nothing there; copy or download the model again.")
    return FileAccessError(
        f"Expected to read {path}, got “{error.strerror or error}”; change its permissions or choose another one."
    )
