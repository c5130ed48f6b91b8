"""Keep summaries of layers on disk, one small .npz file each, so that no layer is decomposed twice.

A file that is damaged, or not ours, counts as missing. Where nothing can be written, the summaries stay in memory until
the process ends.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np

from tensorllm_core.experiments.layer_summary import RATIOS, LayerSummary
from tensorllm_core.storage.atomic import write_atomically
from tensorllm_core.storage.cache import BoundedCache
from tensorllm_core.storage.folder import remove_oldest
from tensorllm_core.storage.regular import open_regular
from tensorllm_core.types import TensorShape

__all__ = ["LayerStore", "cache_folder"]

_FORMAT = f"layer summary 2, ratios {RATIOS}"
"""Changes with what a summary holds, so that older files are not taken for new ones."""
_ENDING = ".npz"
_LARGEST_FILE = 16 * 2**20
"""Bytes; a larger file is not ours."""
_DAMAGE_ERRORS = (
    *(OSError, ValueError, KeyError, EOFError, TypeError, MemoryError, NotImplementedError),
    *(zipfile.BadZipFile, zlib.error),
)


class LayerStore:
    """Summaries by key. For use from several threads and processes.

    Args:
        folder: where the files stand; None keeps the summaries in memory only.
        most_bytes: bytes of all files; the oldest leave for new ones.
        most_in_memory: summaries in memory; the least recently used leave for new ones.
    """

    def __init__(self, folder: Path | None, most_bytes: int = 256 * 2**20, most_in_memory: int = 1024) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._memory: BoundedCache[str, LayerSummary] = BoundedCache(most_in_memory)

    def get(self, key: str) -> LayerSummary | None:
        """The summary that was put under that key, or None."""
        summary = self._memory.get(key)
        if summary is None and self._folder is not None:
            summary = _read(self._path(self._folder, key), key)
            if summary is not None:
                self._memory.put(key, summary)
        return summary

    def has(self, key: str) -> bool:
        """Whether there is a summary under that key; only `get` notices that its file is damaged."""
        if key in self._memory:
            return True
        try:
            return self._folder is not None and self._path(self._folder, key).is_file()
        except OSError:
            return False

    def put(self, key: str, summary: LayerSummary) -> None:
        """Keep a summary. Where the disk is full or forbidden, only the memory keeps it."""
        self._memory.put(key, summary)
        if self._folder is None:
            return
        with contextlib.suppress(OSError):
            remove_oldest(self._folder, _ENDING, most_bytes=self._most_bytes)
            write_atomically(self._path(self._folder, key), lambda file: _write(file, key, summary))

    @staticmethod
    def _path(folder: Path, key: str) -> Path:
        return folder / f"{hashlib.sha256(f'{_FORMAT} {key}'.encode()).hexdigest()[:32]}{_ENDING}"


def cache_folder() -> Path | None:
    """The folder of the summaries: under XDG_CACHE_HOME, else under ~/.cache; None for a person without a home.

    An XDG_CACHE_HOME that is no absolute path is ignored, as the XDG Base Directory Specification says.
    """
    cache_home = Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        base = cache_home if cache_home.is_absolute() else Path.home() / ".cache"
    except RuntimeError:
        return None
    return base / "tensorllm-explorer" / "layers"


def _write(file: BinaryIO, key: str, summary: LayerSummary) -> None:
    first, second, third = summary.spectra
    np.savez(
        file,
        key=np.array(key),
        shape=np.array(summary.shape, dtype=np.int64),
        parts=np.array(summary.parts),
        norm=np.array(summary.norm),
        first=first,
        second=second,
        third=third,
        errors=summary.errors,
        ranks=summary.ranks,
        slice_energy=summary.slice_energy,
        slice_errors=summary.slice_errors,
    )


def _read(path: Path, key: str) -> LayerSummary | None:
    try:
        if path.stat().st_size > _LARGEST_FILE:
            return None
        with open_regular(path) as file, np.load(file, allow_pickle=False) as stored:
            if str(stored["key"]) != key:
                return None
            summary = LayerSummary(
                shape=TensorShape(*(int(size) for size in stored["shape"])),
                parts=tuple(str(part) for part in stored["parts"]),
                norm=float(stored["norm"]),
                spectra=(stored["first"], stored["second"], stored["third"]),
                errors=stored["errors"],
                ranks=stored["ranks"],
                slice_energy=stored["slice_energy"],
                slice_errors=stored["slice_errors"],
            )
            return summary if _may_be_a_layer(summary) else None
    except _DAMAGE_ERRORS:
        return None


def _may_be_a_layer(summary: LayerSummary) -> bool:
    """Whether the shapes, types and numbers can be those of a layer."""
    part, group = summary.shape[2:]
    sizes = [len(spectrum) for spectrum in summary.spectra]
    return (
        all(1 <= size <= side for size, side in zip(sizes, summary.shape, strict=False))
        and all(spectrum.ndim == 1 and spectrum.dtype == np.float32 for spectrum in summary.spectra)
        and len(summary.parts) == part
        and summary.errors.shape == (len(RATIOS),)
        and summary.errors.dtype == np.float32
        and summary.ranks.shape == (len(RATIOS), 3)
        and summary.ranks.dtype == np.int32
        and summary.slice_energy.shape == (part, group)
        and summary.slice_energy.dtype == np.float64
        and summary.slice_errors.shape == (len(RATIOS), part, group)
        and summary.slice_errors.dtype == np.float32
        and all(
            np.isfinite(numbers).all() for numbers in (*summary.spectra, summary.slice_energy, summary.slice_errors)
        )
    )
