"""Open what is a file, and nothing else: reading a pipe, a socket or a device may wait for ever.

Every file of others is opened here; `tests/test_architecture.py` finds whoever opens one elsewhere.
"""

from __future__ import annotations

import os
import stat
from io import FileIO
from pathlib import Path

__all__ = ["NotAFileError", "kind_of", "open_regular", "read_regular"]

_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFDIR: "a folder",
}
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class NotAFileError(OSError):
    """There is something else than a file at a path; `kind` says what, with its article."""

    def __init__(self, path: Path, kind: str) -> None:
        super().__init__(None, f"{kind} is no file", str(path))
        self.kind = kind


def kind_of(path: Path) -> str:
    """What is at a path, links followed: `a file`, `a pipe`, `a socket`, `a device`, `a folder`, or `nothing`.

    Raises:
        OSError: a folder on the way may not be read.

    >>> kind_of(Path("/")), kind_of(Path("/no/such/file"))
    ('a folder', 'nothing')
    """
    try:
        return _kind(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return "nothing"


def open_regular(path: Path) -> FileIO:
    """The file at a path, open to be read.

    Raises:
        NotAFileError: something else is there.
        OSError: nothing is there, or it may not be read.
    """
    # Before it is opened: a device may act on being opened.
    _check(path, path.stat().st_mode)
    # Something else may stand there by now. Opened like this a pipe does not wait, and only a file is read.
    file = FileIO(os.open(path, _FLAGS), "rb")
    try:
        _check(path, os.fstat(file.fileno()).st_mode)
    except BaseException:
        file.close()
        raise
    return file


def read_regular(path: Path) -> bytes:
    """All bytes of the file at a path.

    Raises:
        OSError: as `open_regular`.
    """
    with open_regular(path) as file:
        return file.readall()


def _check(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise NotAFileError(path, _kind(mode))


def _kind(mode: int) -> str:
    return "a file" if stat.S_ISREG(mode) else _KINDS.get(stat.S_IFMT(mode), "something else")
