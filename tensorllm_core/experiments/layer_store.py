"""Keep summaries of layers on disk, one small .npz file each, so that no layer is decomposed twice.

A file that is damaged, or not ours, counts as none. Where nothing can be written, the memory serves for this process.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import threading
import zipfile
import zlib
from collections import OrderedDict
from pathlib import Path

import numpy as np

from tensorllm_core.experiments.layer_summary import RATIOS, LayerSummary
from tensorllm_core.types import TensorShape

__all__ = ["LayerStore", "cache_folder"]

_FORMAT = f"layer summary 1, ratios {RATIOS}"
"""Changes with what a summary holds, so that older files are not taken for new ones."""
_LARGEST_FILE = 16 * 2**20
_DAMAGE = (
    *(OSError, ValueError, KeyError, EOFError, TypeError, MemoryError, NotImplementedError),
    *(zipfile.BadZipFile, zlib.error),
)


class LayerStore:
    """Summaries by key. For use from several threads and processes.

    Args:
        folder: where the files go; None keeps them in memory only.
        most_bytes: on disk; the oldest files leave for new ones.
        most_in_memory: summaries.
    """

    def __init__(self, folder: Path | None, most_bytes: int = 256 * 2**20, most_in_memory: int = 1024) -> None:
        self._folder = folder
        self._most_bytes, self._most_in_memory = most_bytes, most_in_memory
        self._memory: OrderedDict[str, LayerSummary] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> LayerSummary | None:
        """What was put under that key, or None."""
        with self._lock:
            if key in self._memory:
                return self._memory[key]
        found = None if self._folder is None else _read(self._path(self._folder, key), key)
        if found is not None:
            self._remember(key, found)
        return found

    def has(self, key: str) -> bool:
        """Whether something stands under that key; a damaged file is noticed by `get` only."""
        if key in self._memory:
            return True
        try:
            return self._folder is not None and self._path(self._folder, key).is_file()
        except OSError:
            return False

    def put(self, key: str, summary: LayerSummary) -> None:
        """Keep it; a disk that is full or forbidden costs time later, nothing else."""
        self._remember(key, summary)
        if self._folder is None:
            return
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            _make_room(self._folder, self._most_bytes)
            _write(self._path(self._folder, key), key, summary)

    def _remember(self, key: str, summary: LayerSummary) -> None:
        with self._lock:
            self._memory[key] = summary
            self._memory.move_to_end(key)
            while len(self._memory) > self._most_in_memory:
                self._memory.popitem(last=False)

    @staticmethod
    def _path(folder: Path, key: str) -> Path:
        return folder / f"{hashlib.sha256(f'{_FORMAT} {key}'.encode()).hexdigest()[:32]}.npz"


def cache_folder() -> Path | None:
    """Where summaries are kept: under XDG_CACHE_HOME, else ~/.cache; None for a person without a home.

    An XDG_CACHE_HOME that is no absolute path is passed over, as the XDG Base Directory Specification says.
    """
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        base = named if named.is_absolute() else Path.home() / ".cache"
    except RuntimeError:
        return None
    return base / "tensorllm-explorer" / "layers"


def _write(path: Path, key: str, summary: LayerSummary) -> None:
    first, second, third = summary.spectra
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(
                file,
                key=np.array(key),
                shape=np.array(summary.shape, dtype=np.int64),
                parts=np.array(summary.parts),
                norm=np.array(summary.norm),
                first=first,
                second=second,
                third=third,
                part_energy=summary.part_energy,
                errors=summary.errors,
                ranks=summary.ranks,
            )
        # Whole or not at all, whatever happens meanwhile.
        Path(name).replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            Path(name).unlink(missing_ok=True)
        raise


def _read(path: Path, key: str) -> LayerSummary | None:
    try:
        if path.stat().st_size > _LARGEST_FILE:
            return None
        with np.load(path, allow_pickle=False) as stored:
            if str(stored["key"]) != key:
                return None
            return _checked(
                LayerSummary(
                    shape=TensorShape(*(int(size) for size in stored["shape"])),
                    parts=tuple(str(part) for part in stored["parts"]),
                    norm=float(stored["norm"]),
                    spectra=(stored["first"], stored["second"], stored["third"]),
                    part_energy=stored["part_energy"],
                    errors=stored["errors"],
                    ranks=stored["ranks"],
                )
            )
    except _DAMAGE:
        return None


def _checked(summary: LayerSummary) -> LayerSummary | None:
    """The summary, if its numbers can be those of a layer."""
    part = summary.shape.part
    sizes = [len(spectrum) for spectrum in summary.spectra]
    fits = (
        all(1 <= size <= side for size, side in zip(sizes, summary.shape, strict=False))
        and all(spectrum.ndim == 1 and spectrum.dtype == np.float32 for spectrum in summary.spectra)
        and len(summary.parts) == part
        and summary.part_energy.shape == (part,)
        and summary.errors.shape == (len(RATIOS),)
        and summary.errors.dtype == np.float32
        and summary.ranks.shape == (len(RATIOS), 3)
        and summary.ranks.dtype == np.int32
        and all(np.isfinite(spectrum).all() for spectrum in (*summary.spectra, summary.part_energy))
    )
    return summary if fits else None


def _make_room(folder: Path, most_bytes: int) -> None:
    """Remove the oldest of our files until the rest is within the bound."""
    # What a crash left half written is among them.
    ours = (*folder.glob("*.npz"), *folder.glob("*.part"))
    files = sorted(((entry.stat().st_mtime, entry) for entry in ours), key=lambda pair: pair[0])
    size = sum(entry.stat().st_size for _, entry in files)
    for _, entry in files:
        if size <= most_bytes:
            return
        size -= entry.stat().st_size
        entry.unlink(missing_ok=True)
