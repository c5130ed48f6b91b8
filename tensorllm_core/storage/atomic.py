"""Write a file whole or not at all."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

__all__ = ["PART_ENDING", "write_atomically"]

PART_ENDING = ".part"
"""How the name of a half-written file ends; a program that is killed may leave one behind."""


def write_atomically(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Let `write` fill a file; it appears at `path`, in place of any before, once it is whole.

    Until then it stands in the same folder, which is created if it is missing. A failure removes it and leaves what
    was at `path`. Several threads and processes may write the same path: the last one wins.

    Raises:
        OSError: the disk refuses. Whatever `write` raises is raised too.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{secrets.token_hex(8)}{PART_ENDING}")
    try:
        with part.open("xb") as file:
            write(file)
        part.replace(path)
    except BaseException:
        # On any error, KeyboardInterrupt included; an error of `unlink` must not hide the first one.
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise
