"""Keep measurements on disk, one small .json file each, so that they stand beside the published figures later.

A file that is damaged, or not ours, counts as missing. Where nothing can be written, the measurements stay in memory
until the process ends.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import secrets
import threading
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from tensorllm_core.experiments.layer_store import cache_folder
from tensorllm_core.experiments.measurement import Measurement, check_measurement, timestamp
from tensorllm_core.storage.records import read_records, write_record

__all__ = ["MeasurementStore", "measurements_folder"]

_FORMAT = "measured 1"
"""Changes with what a measurement holds, so that older files are not taken for new ones."""
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*(@\S+)?", re.ASCII)


class MeasurementStore:
    """Measurements by model, benchmark and method. For use from several threads and processes.

    Args:
        folder: where the files stand; None keeps the measurements in memory only.
        most: measurements of one model, benchmark and method that are kept; the oldest leave for new ones.
    """

    def __init__(self, folder: Path | None, most: int = 50) -> None:
        self._folder = folder
        self._most = most
        self._memory: dict[str, list[Measurement]] = {}
        self._lock = threading.Lock()

    def put(self, measurement: Measurement) -> None:
        """Keep a measurement. Where the disk is full or forbidden, only the memory keeps it.

        Raises:
            RequestError: as `check_measurement`.
        """
        check_measurement(measurement)
        key = _key(measurement.model, measurement.benchmark, measurement.method)
        with self._lock:
            measurements = self._memory.setdefault(key, [])
            measurements.append(measurement)
            del measurements[: -self._most]
        if self._folder is not None:
            with contextlib.suppress(OSError):
                name = secrets.token_hex(8)
                write_record(self._folder / key, name, asdict(measurement), form=_FORMAT, most=self._most)

    def latest(self, model: str, benchmark: str, method: str, split: str | None = None) -> Measurement | None:
        """The newest measurement of that model at any revision, benchmark and method; None if there is none.

        Args:
            split: the questions of which split were asked; None for any.
        """
        key = _key(model, benchmark, method)
        with self._lock:
            measurements = list(self._memory.get(key, ()))
        if self._folder is not None:
            read = read_records(self._folder / key, _measurement, form=_FORMAT)
            measurements += [each for each in read if _key(each.model, each.benchmark, each.method) == key]
        of_the_split = [measurement for measurement in measurements if split in {None, measurement.split}]
        return max(of_the_split, key=lambda measurement: timestamp(measurement.date), default=None)


def measurements_folder() -> Path | None:
    """The folder of the measurements: beside the summaries of layers; None for a person without a home."""
    summaries = cache_folder()
    return None if summaries is None else summaries.with_name("measured")


def _key(model: str, benchmark: str, method: str) -> str:
    """Name of the folder of one model, benchmark and method; a hub id is the same in any case and at any revision."""
    name = model.strip()
    if _HUB_ID.fullmatch(name):
        name = name.partition("@")[0].casefold()
    return hashlib.sha256(json.dumps([_FORMAT, name, benchmark, method]).encode()).hexdigest()[:32]


def _measurement(stored: dict[str, Any]) -> Measurement:
    values: dict[str, Any] = {field.name: stored[field.name] for field in fields(Measurement)}
    return check_measurement(Measurement(**values | {name: tuple(values[name]) for name in ("layers", "ranks")}))
