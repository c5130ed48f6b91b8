"""`bench`: how fast this machine decomposes, looks up and refines, against TensorLy in the same run."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable
from dataclasses import asdict

from tensorllm_core.commands.options import Parser
from tensorllm_core.commands.output import show
from tensorllm_core.errors import RequestError
from tensorllm_core.models.devices import resolve_device
from tensorllm_core.types import Ranks, TensorShape

__all__ = ["add_bench"]

SIZES = {
    "full": (TensorShape(4096, 256, 4, 16), Ranks(256, 64, 4)),
    "small": (TensorShape(512, 64, 4, 8), Ranks(64, 16, 4)),
}
"""Tensor and ranks; `full` is one layer of GPT-J-6B and the tensor of the performance budget."""


def add_bench(add_command: Callable[..., Parser]) -> None:
    """Register the command and its options."""
    parser = add_command("bench", help="the performance figures of this machine")
    parser.add_argument("--size", default="full", help="full (a layer of GPT-J-6B, minutes) or small (seconds)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N")
    parser.add_argument("--without-tensorly", action="store_true", help="do not measure TensorLy")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=_run)


def _run(options: Namespace) -> None:
    # Imported here, because only this command starts processes and asks the system for its memory.
    from tensorllm_core.linalg.bench import measure_hosvd

    if options.size not in SIZES:
        raise RequestError(f"Expected --size to be full or small, got `{options.size}`; choose one of them.")
    device = resolve_device(options.device)
    if device.type not in {"cpu", "cuda"}:
        raise RequestError(f"Expected cpu or a CUDA device to measure, got `{options.device}`; choose one of them.")
    shape, ranks = SIZES[options.size]
    bench = measure_hosvd(shape, ranks, str(device), not options.without_tensorly, _log)
    result = asdict(bench) | {
        "hosvd_speed_up": bench.hosvd_speed_up,
        "refine_speed_up": bench.refine_speed_up,
    }
    show(result if options.json else _flat(result), as_json=options.json)


def _flat(result: dict[str, object]) -> dict[str, object]:
    """One line for each figure of a side; a figure that is missing has no line."""
    lines: dict[str, object] = {}
    for name, value in result.items():
        if isinstance(value, dict):
            lines |= {f"{name} {inner}": figure for inner, figure in value.items()}
        elif value is not None:
            lines[name] = list(value) if isinstance(value, tuple) else value
    return lines


def _log(share: float, what: str) -> bool:
    print(f"{share:.0%} {what}", file=sys.stderr)
    return True
