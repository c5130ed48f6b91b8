"""Keep measured results on disk, one small .json file each, so that they stand beside the published ones later.

A file that is damaged, or not ours, counts as none. Where nothing can be written, the memory serves for this process.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import secrets
import threading
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tensorllm_core.errors import RequestError
from tensorllm_core.experiments.layer_store import cache_folder
from tensorllm_core.experiments.measured_result import Measured, checked, moment
from tensorllm_core.storage.atomic import write_atomically
from tensorllm_core.storage.folder import remove_oldest

__all__ = ["MeasuredStore", "measured_folder"]

_FORMAT = "measured 1"
"""Changes with what a result holds, so that older files are not taken for new ones."""
_ENDING = ".json"
_LARGEST_FILE = 2**16
_DAMAGE = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, RequestError)
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*(@\S+)?", re.ASCII)


class MeasuredStore:
    """Results by model, benchmark and method. For use from several threads and processes.

    Args:
        folder: where the files go; None keeps them in memory only.
        most: results of one model, benchmark and method; the oldest leave for new ones.
    """

    def __init__(self, folder: Path | None, most: int = 50) -> None:
        self._folder = folder
        self._most = most
        self._memory: dict[str, list[Measured]] = {}
        self._lock = threading.Lock()

    def note(
        self,
        *,
        model: str,
        revision: str,
        benchmark: str,
        split: str,
        method: str,
        layers: tuple[int, ...],
        n: int,
        accuracy: tuple[float, float],
        loss: tuple[float, float],
        interval: tuple[float, float],
        p: float,
        compression_ratio: float,
        ranks: tuple[int, ...] = (),
        setting: str = "",
        date: str | None = None,
    ) -> Measured:
        """Keep a result; a disk that is full or forbidden costs it at the end of the process, nothing else.

        Args:
            accuracy, loss: before and after the edit.
            interval: of the paired difference of the accuracies.
            date: now, if it is not given.

        Raises:
            RequestError: numbers that no evaluation gives.
        """
        was, became = accuracy
        loss_was, loss_became = loss
        low, high = interval
        found = checked(
            Measured(
                model=model,
                revision=revision,
                benchmark=benchmark,
                split=split,
                method=method,
                layers=tuple(layers),
                ranks=tuple(ranks),
                setting=setting,
                n=n,
                # Numbers of numpy and torch become plain ones, which a file can hold.
                accuracy_before=float(was),
                accuracy_after=float(became),
                loss_before=float(loss_was),
                loss_after=float(loss_became),
                low=float(low),
                high=float(high),
                p=float(p),
                compression_ratio=float(compression_ratio),
                date=datetime.now(UTC).isoformat(timespec="microseconds") if date is None else date,
            )
        )
        key = _key(model, benchmark, method)
        with self._lock:
            kept = self._memory.setdefault(key, [])
            kept.append(found)
            del kept[: -self._most]
        if self._folder is not None:
            with contextlib.suppress(OSError):
                _write(self._folder / key, found, self._most)
        return found

    def latest(self, model: str, benchmark: str, method: str, split: str | None = None) -> Measured | None:
        """The newest result of that model, whatever its revision, benchmark and method; None if there is none.

        Args:
            split: only results on the questions of this split.
        """
        key = _key(model, benchmark, method)
        with self._lock:
            found = list(self._memory.get(key, ()))
        if self._folder is not None:
            found += _read_all(self._folder / key, key)
        wanted = [result for result in found if split in {None, result.split}]
        return max(wanted, key=lambda result: moment(result.date), default=None)


def measured_folder() -> Path | None:
    """Where results are kept: beside the summaries of layers; None for a person without a home."""
    layers = cache_folder()
    return None if layers is None else layers.with_name("measured")


def _key(model: str, benchmark: str, method: str) -> str:
    """Name of the folder; a hub id is the same in any case and at any revision."""
    named = model.strip()
    if _HUB_ID.fullmatch(named):
        named = named.partition("@")[0].casefold()
    return hashlib.sha256(json.dumps([_FORMAT, named, benchmark, method]).encode()).hexdigest()[:32]


def _write(folder: Path, found: Measured, most: int) -> None:
    stored = json.dumps({"format": _FORMAT, **asdict(found)}, allow_nan=False).encode()
    remove_oldest(folder, _ENDING, most_files=most - 1)
    write_atomically(folder / f"{secrets.token_hex(8)}{_ENDING}", lambda file: file.write(stored))


def _read_all(folder: Path, key: str) -> list[Measured]:
    try:
        files = list(folder.glob(f"*{_ENDING}"))
    except OSError:
        return []
    found = (_read(file) for file in files)
    return [result for result in found if result and _key(result.model, result.benchmark, result.method) == key]


def _read(path: Path) -> Measured | None:
    try:
        if path.stat().st_size > _LARGEST_FILE:
            return None
        stored = json.loads(path.read_text(encoding="utf-8"))
        if stored["format"] != _FORMAT:
            return None
        values: dict[str, Any] = {field.name: stored[field.name] for field in fields(Measured)}
        return checked(Measured(**values | {name: tuple(values[name]) for name in ("layers", "ranks")}))
    except _DAMAGE:
        return None
