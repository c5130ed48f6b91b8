"""Seconds and peak memory of a step on the CPU or a CUDA device, and a process of its own to measure it in."""

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
from tensorllm_core.storage.regular import read_regular

__all__ = ["PeakMemory", "in_own_process", "median_timed", "timed", "warm_up"]

Result = TypeVar("Result")


def in_own_process(measure: Callable[..., Result], *arguments: object) -> Result:
    """The result of a function, which runs in a fresh Python process with memory and threads of its own.

    The function must stand at the top level of a module.
    """
    # A forked process would share memory, threads and CUDA context with this one, so `spawn` is used.
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        return process.submit(measure, *arguments).result()


def timed(step: Callable[[], Result], device: str) -> tuple[Result, float]:
    """The result of a step and its wall-clock seconds."""
    _wait(device)
    start = time.perf_counter()
    result = step()
    _wait(device)
    return result, time.perf_counter() - start


def median_timed(step: Callable[[], Result], device: str) -> tuple[Result, float]:
    """The result of a step and its median wall-clock seconds over three runs; only the last result is kept."""
    seconds = [timed(step, device)[1] for _ in range(2)]
    result, last = timed(step, device)
    return result, statistics.median([*seconds, last])


def _wait(device: str) -> None:
    """Wait until the device has done all that it was given."""
    if device.startswith("cuda"):
        torch.cuda.synchronize(device)


def warm_up(device: str) -> None:
    """Start threads and libraries, so that their time and their fixed buffers count for no step."""
    square = torch.eye(1024, device=device)
    torch.linalg.eigh(square @ row_products(square, square))
    torch.linalg.qr(square)


class PeakMemory:
    """The peak of memory since this object was made."""

    def __init__(self, device: str):
        self._device = device
        if device.startswith("cuda"):
            torch.cuda.reset_peak_memory_stats(device)
            self._before = torch.cuda.memory_allocated(device)
        else:
            self._before = _highest_resident()

    def so_far(self) -> int:
        """The peak until now, in bytes, less what was in use when this object was made."""
        if self._device.startswith("cuda"):
            return torch.cuda.max_memory_allocated(self._device) - self._before
        return _highest_resident() - self._before


def _highest_resident() -> int:
    """The peak of the memory of this process, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():
        match = re.search(r"VmHWM:\s+(\d+) kB", read_regular(status).decode())
        if match is not None:
            return int(match[1]) * 1024
    # Imported here, because Windows does not have it.
    import resource

    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return highest if sys.platform == "darwin" else highest * 1024
