"""Whether a model will fit: the memory that it needs by its headers, and the free memory of each device."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import psutil
import torch

from tensorllm_core.errors import RequestError
from tensorllm_core.models.checkpoint import Checkpoint
from tensorllm_core.models.devices import SPREAD

__all__ = ["DTYPES", "Fit", "Memory", "Option", "bytes_text", "check_fit", "check_room", "device_memories", "fit_text"]

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}

_SAFE_SHARE = 0.7
"""Share of the free main memory that one piece of work may take."""
_WORKING_SHARE = 0.1
_WORKING_BYTES = 200 * 2**20
"""Beside its weights a model needs memory for one batch: this share of the weights, and at least these bytes."""

_DEQUANTISED_COPIES = 3
"""Copies of a tensor in float32 that its dequantisation needs at once: its pieces, the whole, and what is kept."""


@dataclass(frozen=True)
class Memory:
    """The memory of one device, in bytes."""

    device: str
    total: int
    free: int

    @property
    def used_share(self) -> float:
        """The share of the memory that is in use, 0 to 1."""
        return 1.0 - self.free / self.total if self.total else 1.0


@dataclass(frozen=True)
class Option:
    """One way to load a model: the device, the type of weights, the bytes that it needs and the free bytes there."""

    device: str
    dtype: str
    needed: int
    free: int

    @property
    def fits(self) -> bool:
        """Whether there is room for the weights and for one batch."""
        return self.needed <= self.free


@dataclass(frozen=True)
class Fit:
    """How much a checkpoint holds, and every way to load it, the best first."""

    parameters: int
    attention_parameters: int
    bytes_by_dtype: dict[str, int]
    options: tuple[Option, ...]

    @property
    def attention_share(self) -> float:
        """Attention weights divided by all parameters."""
        return self.attention_parameters / self.parameters if self.parameters else 0.0

    @property
    def best(self) -> Option | None:
        """The best option that fits; None where none fits."""
        return next((option for option in self.options if option.fits), None)

    def option(self, device: str, dtype: str) -> Option | None:
        """The option for this device and type; None where this machine has no such device."""
        return next((option for option in self.options if (option.device, option.dtype) == (device, dtype)), None)

    def smaller_than(self, failed: Option) -> Option | None:
        """What to try after an option failed; None where there is nothing else.

        It is the largest option that fits and either needs less memory or has more free memory.
        """
        others = [
            option
            for option in self.options
            if option.fits and option != failed and (option.needed < failed.needed or option.free > failed.free)
        ]
        return max(others, key=lambda option: option.needed, default=None)


def device_memories() -> tuple[Memory, ...]:
    """The memory of every device: CUDA devices by number, then MPS, and the main memory last."""
    memories = []
    for index in range(torch.cuda.device_count()):
        free, total = torch.cuda.mem_get_info(index)
        memories.append(Memory(f"cuda:{index}", total, free))
    main = psutil.virtual_memory()
    if torch.backends.mps.is_available():
        # MPS uses a part of the main memory, and recommends how large that part may be.
        total = torch.mps.recommended_max_memory()
        memories.append(Memory("mps", total, min(main.available, total - torch.mps.driver_allocated_memory())))
    return (*memories, Memory("cpu", main.total, main.available))


def check_fit(checkpoint: Checkpoint, memories: Sequence[Memory] | None = None) -> Fit:
    """Every way to load a checkpoint: on each device in float32, then in 16 bits, then divided over several devices.

    Without `memories` the devices of this machine are asked.
    """
    memories = device_memories() if memories is None else memories
    # What the checkpoint holds.
    bytes_by_dtype: Counter[str] = Counter()
    for entry in checkpoint.tensors.values():
        bytes_by_dtype[entry.dtype] += entry.size
    # One device alone.
    options = [
        Option(memory.device, dtype, _needed_on(memory.device, checkpoint, dtype), memory.free)
        for dtype in DTYPES
        for memory in memories
        if not (memory.device == "cpu" and dtype == "float16")  # slower there than bfloat16, and less exact
    ]
    # All devices together, where there is a GPU.
    if any(memory.device.startswith("cuda") for memory in memories):
        together = sum(memory.free for memory in memories if memory.device != "mps")
        options += [
            Option(SPREAD, dtype, needed_bytes(checkpoint.parameters, dtype), together)
            for dtype in ("float32", "bfloat16")
        ]
    return Fit(checkpoint.parameters, checkpoint.attention_parameters, dict(bytes_by_dtype), tuple(options))


def check_room(needed: int, what: str) -> None:
    """Accept work that needs these bytes of main memory; `what` names in the message what needs them.

    Raises:
        RequestError: the bytes are more than the share of the free memory that one piece of work may take.
    """
    free = psutil.virtual_memory().available
    if needed > _SAFE_SHARE * free:
        raise RequestError(
            f"Expected room for {what}, {bytes_text(needed)}, got {bytes_text(free)} of free memory; choose fewer "
            "methods, budgets or layers."
        )


def needed_bytes(parameters: int, dtype: str) -> int:
    """Bytes of the weights of a model in this type, and of the memory for one batch.

    >>> needed_bytes(10**9, "bfloat16") / 10**9
    2.2097152
    """
    weights = parameters * DTYPES[dtype].itemsize
    return weights + max(int(_WORKING_SHARE * weights), _WORKING_BYTES)


def _needed_on(device: str, checkpoint: Checkpoint, dtype: str) -> int:
    """Bytes that a model needs on one device; the main memory must also do for dequantising a GGUF file."""
    needed = needed_bytes(checkpoint.parameters, dtype)
    if checkpoint.gguf_file is None or device != "cpu":
        return needed
    # One tensor after the other is dequantised, in copies of float32, beside those that are done.
    done = most = 0
    for entry in sorted(checkpoint.tensors.values(), key=lambda entry: entry.start):
        most = max(most, done + _DEQUANTISED_COPIES * entry.entries * torch.float32.itemsize)
        done += entry.entries * DTYPES[dtype].itemsize
    return max(needed, most)


def fit_text(fit: Fit, option: Option | None = None) -> str:
    """In words: what loading by an option (else the best) needs, whether it fits, and what to do where it does not."""
    option = option or fit.best or fit.options[-1]
    needed = f"it needs {bytes_text(option.needed)} for {option.dtype} on {option.device}"
    needs = f"{needed}, where {bytes_text(option.free)} are free"
    if option.fits:
        return f"It fits: {needs}."
    other = fit.best
    if other is not None:
        return f"It does not fit: {needs}; choose {other.dtype} on {other.device}."
    return (
        f"It does not fit on this machine: {needs}. Explore its layers without loading it, which reads one "
        "layer at a time, or free some memory."
    )


def bytes_text(count: int) -> str:
    """A number of bytes in the unit that gives the shortest text.

    >>> bytes_text(1_500_000_000), bytes_text(1023)
    ('1.4 GiB', '1023 B')
    """
    if count < 1024:
        return f"{count} B"
    size, units = count / 1024, ["KiB", "MiB", "GiB", "TiB"]
    while size >= 1024 and len(units) > 1:
        size /= 1024
        units.pop(0)
    return f"{size:.0f} {units[0]}" if size >= 100 else f"{size:.1f} {units[0]}"
