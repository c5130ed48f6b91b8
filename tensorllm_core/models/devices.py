"""Choose the device that computes."""

from __future__ import annotations

import torch

from tensorllm_core.errors import RequestError

__all__ = ["resolve_device"]


def resolve_device(name: str = "auto") -> torch.device:
    """The device of that name; `auto` is the first CUDA device, else the CPU.

    `auto` never takes MPS, which has no float64 for the error tables: it must be asked for by name.

    Raises:
        RequestError: the name is unknown, or this machine has no such device.

    >>> resolve_device("cpu")
    device(type='cpu')
    """
    if name == "auto":
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


def _present(device: torch.device) -> bool:
    if device.type == "cuda":
        return (device.index or 0) < torch.cuda.device_count()
    if device.type == "mps":
        return torch.backends.mps.is_available()
    return True
