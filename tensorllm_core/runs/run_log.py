"""The last runs, the latest first: kept on disk, one small file each, and in memory where nothing can be written."""

from __future__ import annotations

import contextlib
import hashlib
import threading
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from tensorllm_core.experiments.layer_store import cache_folder
from tensorllm_core.experiments.measurement import timestamp
from tensorllm_core.runs.run_record import Kind, RunRecord, check_record
from tensorllm_core.storage.records import read_records, write_record

__all__ = ["RunLog", "runs_folder"]

_FORM = "run 1"
"""Changes with what a record holds."""


class RunLog:
    """The records of the last runs. For use from several threads and processes.

    Args:
        folder: where the files stand; None keeps the records in memory only.
        most: records that are kept; the oldest leave for new ones.
    """

    def __init__(self, folder: Path | None, most: int = 200) -> None:
        self._folder, self._most = folder, most
        self._memory: dict[str, RunRecord] = {}
        self._lock = threading.Lock()

    def put(self, record: RunRecord) -> None:
        """Keep a record, in place of the one of the same plan.

        Raises:
            RequestError: as `check_record`.
        """
        check_record(record)
        with self._lock:
            self._memory.pop(record.key, None)
            self._memory[record.key] = record
            while len(self._memory) > self._most:
                del self._memory[next(iter(self._memory))]
        if self._folder is not None:
            # Where the disk is full or forbidden, the memory keeps it.
            with contextlib.suppress(OSError):
                name = hashlib.sha256(record.key.encode()).hexdigest()[:32]
                write_record(self._folder, name, asdict(record), form=_FORM, most=self._most)

    def records(self) -> tuple[RunRecord, ...]:
        """All records, the latest first; of each plan the latest."""
        with self._lock:
            kept = list(self._memory.values())
        if self._folder is not None:
            kept += read_records(self._folder, _record, form=_FORM)
        by_key: dict[str, RunRecord] = {}
        for record in sorted(kept, key=lambda record: timestamp(record.date)):
            by_key.pop(record.key, None)
            by_key[record.key] = record
        return tuple(reversed(by_key.values()))[: self._most]


def runs_folder() -> Path | None:
    """The folder of the runs: beside the summaries of layers; None for a person without a home."""
    summaries = cache_folder()
    return None if summaries is None else summaries.with_name("runs")


def _record(stored: dict[str, Any]) -> RunRecord:
    values: dict[str, Any] = {each.name: stored[each.name] for each in fields(RunRecord)}
    values |= {name: tuple(values[name]) for name in ("layers", "benchmarks")}
    return check_record(RunRecord(**values | {"kind": Kind(values["kind"]), "parameters": dict(values["parameters"])}))
