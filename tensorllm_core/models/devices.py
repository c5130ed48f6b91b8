"""Choose the device that computes, and what happens when its memory does not suffice."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import TypeVar

import torch

from tensorllm_core.errors import RequestError

__all__ = ["SPREAD", "device_names", "give_back_memory", "is_out_of_memory", "on_device_or_cpu", "resolve_device"]

T = TypeVar("T")

SPREAD = "spread"
"""The device name for a model that is divided over all GPUs and, as far as needed, the main memory."""


def resolve_device(name: str = "auto") -> torch.device:
    """The device of that name; `auto` is the first CUDA device, else the CPU.

    `auto` never takes MPS, which has no float64 for the error tables: it must be asked for by name. For a model that
    is spread over several devices it is where single layers are decomposed: the same as `auto`.

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
        raise RequestError(f"Expected a device of auto, cpu, cuda, cuda:N or mps, got `{name}`; choose one of them.")
    if not _present(device):
        raise RequestError(f"Expected the device `{name}` on this machine, got none; choose auto or cpu.")
    return device


def device_names() -> tuple[str, ...]:
    """What `resolve_device` accepts on this machine.

    >>> device_names()[0], device_names()[-1]
    ('auto', 'cpu')
    """
    cuda = (f"cuda:{index}" for index in range(torch.cuda.device_count()))
    mps = ("mps",) if torch.backends.mps.is_available() else ()
    spread = (SPREAD,) if torch.cuda.device_count() else ()
    return ("auto", *cuda, *spread, *mps, "cpu")


def on_device_or_cpu(work: Callable[[torch.device], T], device: torch.device) -> tuple[T, torch.device]:
    """The work's result on a device or, when that one's memory is full, on the CPU; and where it was done."""
    try:
        return work(device), device
    except (RuntimeError, MemoryError) as error:
        if device.type == "cpu" or not is_out_of_memory(error):
            raise
    # Outside the handler, whose traceback holds on to the tensors that filled the memory.
    give_back_memory()
    cpu = torch.device("cpu")
    return work(cpu), cpu


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory did not suffice.

    >>> is_out_of_memory(RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"))
    True
    """
    # For the main memory and for MPS torch raises plain RuntimeErrors.
    words = str(error).lower()
    return (
        isinstance(error, MemoryError | torch.OutOfMemoryError)
        or "out of memory" in words
        or "can't allocate memory" in words
    )


def give_back_memory() -> None:
    """Let go of what nothing refers to any more, on every device."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    if torch.backends.mps.is_available():
        torch.mps.empty_cache()


def _present(device: torch.device) -> bool:
    if device.type == "cuda":
        return (device.index or 0) < torch.cuda.device_count()
    if device.type == "mps":
        return torch.backends.mps.is_available()
    return True
