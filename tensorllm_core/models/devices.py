"""The devices of this machine, and what to do when the memory of one is full."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import TypeVar

import torch

from tensorllm_core.errors import RequestError

__all__ = ["SPREAD", "device_names", "is_out_of_memory", "on_device_or_cpu", "release_memory", "resolve_device"]

T = TypeVar("T")

SPREAD = "spread"
"""The device name for a model that is divided over all GPUs and, as far as needed, the main memory."""


def resolve_device(name: str = "auto") -> torch.device:
    """The device of this name; `auto` is the first CUDA device, or the CPU where there is none.

    `auto` is never MPS, which has no float64 for the tables of errors; it must be named. `spread` gives the device that
    decomposes the layers of a model that is divided over several devices: the same as `auto`.

    Raises:
        RequestError: the name is unknown, or this machine has no such device.

    >>> resolve_device("cpu")
    device(type='cpu')
    """
    if name in {"auto", SPREAD}:
        return torch.device("cuda", 0) if torch.cuda.is_available() else torch.device("cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        device = None
    if device is None or device.type not in {"cpu", "cuda", "mps"}:
        raise RequestError(
            f"Expected the device to be auto, cpu, cuda, cuda:N, spread or mps, got `{name}`; choose one."
        )
    if not _is_present(device):
        raise RequestError(f"Expected the device `{name}` on this machine, got none; choose auto or cpu.")
    return device


def device_names() -> tuple[str, ...]:
    """The names that `resolve_device` accepts on this machine.

    >>> device_names()[0], device_names()[-1]
    ('auto', 'cpu')
    """
    cuda = (f"cuda:{index}" for index in range(torch.cuda.device_count()))
    mps = ("mps",) if torch.backends.mps.is_available() else ()
    spread = (SPREAD,) if torch.cuda.device_count() else ()
    return ("auto", *cuda, *spread, *mps, "cpu")


def on_device_or_cpu(work: Callable[[torch.device], T], device: torch.device) -> tuple[T, torch.device]:
    """The result of the work, and the device that did it: the given one, or the CPU where its memory is full."""
    try:
        return work(device), device
    except (RuntimeError, MemoryError) as error:
        if device.type == "cpu" or not is_out_of_memory(error):
            raise
    # After the `except` clause: inside it the traceback still refers to the tensors that filled the memory.
    release_memory()
    cpu = torch.device("cpu")
    return work(cpu), cpu


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that the memory is full.

    >>> is_out_of_memory(RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"))
    True
    """
    # When the main memory or that of MPS is full, torch raises a plain RuntimeError.
    message = str(error).lower()
    return (
        isinstance(error, MemoryError | torch.OutOfMemoryError)
        or "out of memory" in message
        or "can't allocate memory" in message
    )


def release_memory() -> None:
    """Free the memory of objects that nothing refers to any more, on every device."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    if torch.backends.mps.is_available():
        torch.mps.empty_cache()


def _is_present(device: torch.device) -> bool:
    """Whether this machine has the device."""
    if device.type == "cuda":
        return (device.index or 0) < torch.cuda.device_count()
    if device.type == "mps":
        return torch.backends.mps.is_available()
    return True
