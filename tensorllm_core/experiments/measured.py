"""Keep measured results on disk, one small .json file each, so that they stand beside the published ones later.

A file that is damaged, or not ours, counts as missing. Where nothing can be written, the results stay in memory until
the process ends.
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
from tensorllm_core.experiments.measured_result import Measured, check_result, moment
from tensorllm_core.storage.atomic import write_atomically
from tensorllm_core.storage.folder import remove_oldest

__all__ = ["MeasuredStore", "measured_folder"]

_FORMAT = "measured 1"
"""Changes with what a result holds, so that older files are not taken for new ones."""
_ENDING = ".json"
_LARGEST_FILE = 2**16
"""Bytes; a larger file is not ours."""
_DAMAGE_ERRORS = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, RequestError)
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*(@\S+)?", re.ASCII)


class MeasuredStore:
    """Results by model, benchmark and method. For use from several threads and processes.

    Args:
        folder: where the files stand; None keeps the results in memory only.
        most: results of one model, benchmark and method that are kept; the oldest leave for new ones.
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
        """Keep a result. Where the disk is full or forbidden, only the memory keeps it.

        Args:
            accuracy: before and after the edit, shares of 1.
            loss: before and after the edit, nats.
            interval: lower and upper end of the 95 % interval of the paired difference of the accuracies.
            p: of McNemar's exact test.
            date: now, if it is not given.

        Raises:
            RequestError: numbers that no evaluation gives.
        """
        accuracy_before, accuracy_after = accuracy
        loss_before, loss_after = loss
        low, high = interval
        result = check_result(
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
                accuracy_before=float(accuracy_before),
                accuracy_after=float(accuracy_after),
                loss_before=float(loss_before),
                loss_after=float(loss_after),
                low=float(low),
                high=float(high),
                p=float(p),
                compression_ratio=float(compression_ratio),
                date=datetime.now(UTC).isoformat(timespec="microseconds") if date is None else date,
            )
        )
        key = _key(model, benchmark, method)
        with self._lock:
            results = self._memory.setdefault(key, [])
            results.append(result)
            del results[: -self._most]
        if self._folder is not None:
            with contextlib.suppress(OSError):
                _write(self._folder / key, result, self._most)
        return result

    def latest(self, model: str, benchmark: str, method: str, split: str | None = None) -> Measured | None:
        """The newest result of that model at any revision, of that benchmark and method; None if there is none.

        Args:
            split: the questions of which split were asked; None for any.
        """
        key = _key(model, benchmark, method)
        with self._lock:
            results = list(self._memory.get(key, ()))
        if self._folder is not None:
            results += _read_all(self._folder / key, key)
        of_the_split = [result for result in results if split in {None, result.split}]
        return max(of_the_split, key=lambda result: moment(result.date), default=None)


def measured_folder() -> Path | None:
    """The folder of the results: beside the summaries of layers; None for a person without a home."""
    summaries = cache_folder()
    return None if summaries is None else summaries.with_name("measured")


def _key(model: str, benchmark: str, method: str) -> str:
    """Name of the folder of one model, benchmark and method; a hub id is the same in any case and at any revision."""
    name = model.strip()
    if _HUB_ID.fullmatch(name):
        name = name.partition("@")[0].casefold()
    return hashlib.sha256(json.dumps([_FORMAT, name, benchmark, method]).encode()).hexdigest()[:32]


def _write(folder: Path, result: Measured, most: int) -> None:
    stored = json.dumps({"format": _FORMAT, **asdict(result)}, allow_nan=False).encode()
    remove_oldest(folder, _ENDING, most_files=most - 1)
    write_atomically(folder / f"{secrets.token_hex(8)}{_ENDING}", lambda file: file.write(stored))


def _read_all(folder: Path, key: str) -> list[Measured]:
    try:
        files = list(folder.glob(f"*{_ENDING}"))
    except OSError:
        return []
    results = (_read(file) for file in files)
    return [result for result in results if result and _key(result.model, result.benchmark, result.method) == key]


def _read(path: Path) -> Measured | None:
    try:
        if path.stat().st_size > _LARGEST_FILE:
            return None
        stored = json.loads(path.read_text(encoding="utf-8"))
        if stored["format"] != _FORMAT:
            return None
        values: dict[str, Any] = {field.name: stored[field.name] for field in fields(Measured)}
        return check_result(Measured(**values | {name: tuple(values[name]) for name in ("layers", "ranks")}))
    except _DAMAGE_ERRORS:
        return None
