"""Seconds that the steps of some work take."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

import torch

__all__ = ["Stopwatch"]


class Stopwatch:
    """Times steps by name; on a CUDA device a step ends when the device has finished its work."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self.seconds: dict[str, float] = {}

    @contextmanager
    def time(self, step: str) -> Iterator[None]:
        """Time what happens inside; the same step again adds up."""
        start = perf_counter()
        yield
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
        self.seconds[step] = self.seconds.get(step, 0.0) + perf_counter() - start
