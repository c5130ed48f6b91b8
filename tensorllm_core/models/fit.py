"""Whether a model will fit before it is loaded: what its header says it needs, against what each device has free."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import psutil
import torch

from tensorllm_core.errors import RequestError
from tensorllm_core.models.checkpoint import Checkpoint
from tensorllm_core.models.devices import SPREAD

__all__ = ["DTYPES", "Fit", "Memory", "Option", "bytes_text", "check_fit", "check_room", "free_memory", "verdict"]

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}

_SAFE_SHARE = 0.7
"""Share of the free memory that one piece of work may take."""
_WORKING_SHARE = 0.1
_WORKING_BYTES = 200 * 2**20
"""Beside its weights a model needs room for one batch: a tenth of them, and at least so much."""


@dataclass(frozen=True)
class Memory:
    """Memory of one device, in bytes."""

    device: str
    total: int
    free: int

    @property
    def used_share(self) -> float:
        """How much of it is taken, 0 to 1."""
        return 1.0 - self.free / self.total if self.total else 1.0


@dataclass(frozen=True)
class Option:
    """One way to load a model: where, in what type, the bytes that takes and those that are free there."""

    device: str
    dtype: str
    needed: int
    free: int

    @property
    def fits(self) -> bool:
        """Whether the weights and the room to work with them find place."""
        return self.needed <= self.free


@dataclass(frozen=True)
class Fit:
    """What a checkpoint holds, and every way to load it, the best first."""

    parameters: int
    attention_parameters: int
    bytes_by_dtype: dict[str, int]
    options: tuple[Option, ...]

    @property
    def attention_share(self) -> float:
        """Attention weights as a share of all parameters."""
        return self.attention_parameters / self.parameters if self.parameters else 0.0

    @property
    def best(self) -> Option | None:
        """The best option that fits, or None."""
        return next((option for option in self.options if option.fits), None)

    def option(self, device: str, dtype: str) -> Option | None:
        """The option of that device and type; None when this machine has no such device."""
        return next((found for found in self.options if (found.device, found.dtype) == (device, dtype)), None)

    def smaller_than(self, option: Option) -> Option | None:
        """The largest option that fits and needs less, or that has more room: what to try after `option` failed."""
        others = [
            found
            for found in self.options
            if found.fits and found != option and (found.needed < option.needed or found.free > option.free)
        ]
        return max(others, key=lambda found: found.needed, default=None)


def free_memory() -> tuple[Memory, ...]:
    """The memory of every device: CUDA devices by number, MPS, and the main memory last."""
    found = []
    for index in range(torch.cuda.device_count()):
        free, total = torch.cuda.mem_get_info(index)
        found.append(Memory(f"cuda:{index}", total, free))
    main = psutil.virtual_memory()
    if torch.backends.mps.is_available():
        # MPS shares the main memory, of which it recommends to use a part.
        total = torch.mps.recommended_max_memory()
        found.append(Memory("mps", total, min(main.available, total - torch.mps.driver_allocated_memory())))
    return (*found, Memory("cpu", main.total, main.available))


def check_fit(checkpoint: Checkpoint, memories: Sequence[Memory] | None = None) -> Fit:
    """Every way to load a checkpoint: each device in float32, then in halves, then spread over several devices."""
    memories = free_memory() if memories is None else memories
    counted: Counter[str] = Counter()
    for entry in checkpoint.tensors.values():
        counted[entry.dtype] += entry.size
    options = [
        Option(memory.device, dtype, needed_bytes(checkpoint.parameters, dtype), memory.free)
        for dtype in DTYPES
        for memory in memories
        if not (memory.device == "cpu" and dtype == "float16")  # slower there than bfloat16, and less exact
    ]
    if any(memory.device.startswith("cuda") for memory in memories):
        together = sum(memory.free for memory in memories if memory.device != "mps")
        options += [
            Option(SPREAD, dtype, needed_bytes(checkpoint.parameters, dtype), together)
            for dtype in ("float32", "bfloat16")
        ]
    return Fit(checkpoint.parameters, checkpoint.attention_parameters, dict(counted), tuple(options))


def check_room(needed: int, what: str) -> None:
    """Refuse what would not fit into the main memory beside all else.

    Raises:
        RequestError: it would not.
    """
    free = psutil.virtual_memory().available
    if needed > _SAFE_SHARE * free:
        raise RequestError(
            f"Expected room for {what}, {bytes_text(needed)}, got {bytes_text(free)} of free memory; choose fewer of "
            "them, or fewer layers."
        )


def needed_bytes(parameters: int, dtype: str) -> int:
    """Bytes of a model's weights in a type, and of the room to work with them.

    >>> needed_bytes(10**9, "bfloat16") / 10**9
    2.2097152
    """
    weights = parameters * DTYPES[dtype].itemsize
    return weights + max(int(_WORKING_SHARE * weights), _WORKING_BYTES)


def verdict(fit: Fit, wanted: Option | None = None) -> str:
    """One sentence: what loading needs, whether there is room, and what to do where there is not."""
    option = wanted or fit.best or fit.options[-1]
    needs = f"{bytes_text(option.needed)} for {option.dtype} on {option.device}, of which {bytes_text(option.free)}"
    if option.fits:
        return f"It fits: {needs} are free."
    other = fit.best
    if other is not None:
        return f"It does not fit: {needs} are free; choose {other.dtype} on {other.device}."
    return (
        f"It does not fit on this machine: {needs} are free. Explore its layers without loading it, which reads one "
        "layer at a time, or free some memory."
    )


def bytes_text(count: int) -> str:
    """Bytes in a unit that people read.

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
