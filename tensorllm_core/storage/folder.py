"""Keep a folder of files within bounds: the oldest files leave."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import NamedTuple

from tensorllm_core.storage.atomic import PART_ENDING

__all__ = ["remove_oldest"]


class _File(NamedTuple):
    changed: int
    path: Path
    size: int


def remove_oldest(folder: Path, ending: str, *, most_files: int | None = None, most_bytes: int | None = None) -> None:
    """Remove files of this ending, those that changed longest ago first, until the rest is within the bounds.

    What a crash left half written counts as well. None sets no bound. A file that another process removes meanwhile,
    or that may not be removed, is passed over.

    Raises:
        OSError: the folder may not be read.
    """
    files = sorted(_files(folder, ending))
    count, size = len(files), sum(file.size for file in files)
    for file in files:
        if (most_files is None or count <= most_files) and (most_bytes is None or size <= most_bytes):
            return
        with contextlib.suppress(OSError):
            file.path.unlink(missing_ok=True)
        count, size = count - 1, size - file.size


def _files(folder: Path, ending: str) -> list[_File]:
    files = []
    for path in (*folder.glob(f"*{ending}"), *folder.glob(f"*{PART_ENDING}")):
        with contextlib.suppress(OSError):
            status = path.stat()
            files.append(_File(status.st_mtime_ns, path, status.st_size))
    return files
