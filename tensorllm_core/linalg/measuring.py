"""Seconds and peak memory of a step, on the CPU or a CUDA device, each side in a process of its own."""

from __future__ import annotations

import multiprocessing
import re
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TypeVar

import torch

from tensorllm_core.linalg.products import row_products

__all__ = ["PeakMemory", "in_own_process", "median_timed", "timed", "warm_up"]

_Measured = TypeVar("_Measured")


def in_own_process(measure: Callable[..., _Measured], *arguments: object) -> _Measured:
    """The result of a function of a module, from a fresh Python: its memory and threads are its own."""
    # A forked child would share the parent's memory, threads and CUDA context.
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        return process.submit(measure, *arguments).result()


def timed(step: Callable[[], _Measured], device: str) -> tuple[_Measured, float]:
    """A step's result and its wall-clock seconds."""
    _wait(device)
    start = time.perf_counter()
    result = step()
    _wait(device)
    return result, time.perf_counter() - start


def median_timed(step: Callable[[], _Measured], device: str) -> tuple[_Measured, float]:
    """A step's last result and the median of its seconds over three runs; one result is held at a time."""
    seconds = [timed(step, device)[1] for _ in range(2)]
    result, last = timed(step, device)
    return result, statistics.median([*seconds, last])


def _wait(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.synchronize(device)


def warm_up(device: str) -> None:
    """Start threads and libraries, whose time and fixed buffers belong to no step."""
    square = torch.eye(1024, device=device)
    torch.linalg.eigh(square @ row_products(square, square))
    torch.linalg.qr(square)


class PeakMemory:
    """The most memory taken since this was made."""

    def __init__(self, device: str):
        self._device = device
        if device.startswith("cuda"):
            torch.cuda.reset_peak_memory_stats(device)
            self._before = torch.cuda.memory_allocated(device)
        else:
            self._before = _highest_resident()

    def so_far(self) -> int:
        """In bytes."""
        if self._device.startswith("cuda"):
            return torch.cuda.max_memory_allocated(self._device) - self._before
        return _highest_resident() - self._before


def _highest_resident() -> int:
    """The most memory that this process has held, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
        if found is not None:
            return int(found[1]) * 1024
    # Not on Windows.
    import resource

    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return highest if sys.platform == "darwin" else highest * 1024
