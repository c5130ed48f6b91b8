"""`decompose`: one layer's attention at chosen ranks, with its error, certificate and compression ratio."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter

import torch

from tensorllm_core.commands.options import Parser, add_common_options, add_layout_option, number, whole_number
from tensorllm_core.commands.output import show
from tensorllm_core.linalg.hosvd import hosvd, truncate
from tensorllm_core.linalg.landscape import Landscape, landscape
from tensorllm_core.linalg.rank_choice import check_ranks, ranks_for_compression, ranks_for_error
from tensorllm_core.linalg.refinement import Refinement, refine
from tensorllm_core.linalg.slices import slice_errors
from tensorllm_core.methods.tensorise import tensorise
from tensorllm_core.models.checkpoint import open_checkpoint, read_attention
from tensorllm_core.models.devices import resolve_device
from tensorllm_core.types import AttentionTensor, Layout, Ranks, TensorShape

__all__ = ["add_decompose"]


def add_decompose(add_command: Callable[..., Parser]) -> None:
    """Register the command and its options."""
    parser = add_command("decompose", help="decompose one layer's attention at chosen ranks")
    add_common_options(parser)
    parser.add_argument("--layer", required=True, help="the layer, counted from 0")
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("--ranks", metavar="R1,R2,R3", help="these ranks")
    choice.add_argument("--max-error", metavar="E", help="the fewest parameters with a relative error of at most E")
    choice.add_argument("--compression", metavar="C", help="the least error at a compression ratio of at least C")
    add_layout_option(parser)
    parser.add_argument("--refine", action="store_true", help="improve on the truncated HOSVD by HOOI sweeps")
    parser.set_defaults(run=_run)


def _run(options: Namespace) -> None:
    layer = whole_number("--layer", options.layer)
    wanted = _Wanted.read(options)
    layout = Layout.parse(options.layout)
    clock = _Clock(resolve_device(options.device))
    with clock.time("open"):
        checkpoint = open_checkpoint(options.model)
        tensor = tensorise(read_attention(checkpoint, layer, clock.device), layout)
    wanted.check(tensor.shape)
    with clock.time("hosvd"):
        decomposition = hosvd(tensor.data)
    with clock.time("table"):
        errors = landscape(decomposition)
    with clock.time("truncate"):
        ranks = wanted.choose(errors)
        truncate(decomposition, ranks)
    measured = _look_up(errors, ranks)
    bounds = errors.error_bounds(ranks)
    if options.refine:
        with clock.time("refine"):
            refinement = refine(decomposition, ranks, on_sweep=_log_sweep)
        measured = _refined(tensor, refinement, measured.whole, bounds.lower)
    result = {
        "model": options.model,
        "family": checkpoint.family.name,
        "layer": layer,
        "layout": layout.value,
        "shape": list(tensor.shape),
        "ranks": list(ranks),
        "relative_error": measured.whole,
        "relative_error_by_part": dict(zip(tensor.parts, measured.by_part, strict=True)),
        "relative_error_by_group": measured.by_group,
        "error_bounds": {"lower": bounds.lower, "upper": bounds.upper},
        "compression_ratio": tensor.shape.compression_ratio(ranks),
        "parameters": {"original": tensor.shape.entries, "compressed": tensor.shape.stored_entries(ranks)},
        "seconds": clock.seconds,
    }
    show(result, as_json=options.json)


@dataclass(frozen=True)
class _Wanted:
    """What decides the ranks; exactly one of the three is given."""

    ranks: Ranks | None
    largest_error: float | None
    least_ratio: float | None

    @classmethod
    def read(cls, options: Namespace) -> _Wanted:
        """Read the texts, before any work."""
        return cls(
            None if options.ranks is None else Ranks.parse(options.ranks),
            None if options.max_error is None else number("--max-error", options.max_error),
            None if options.compression is None else number("--compression", options.compression),
        )

    def check(self, shape: TensorShape) -> None:
        """Refuse impossible ranks as soon as the shape is known."""
        if self.ranks is not None:
            check_ranks(shape, self.ranks)

    def choose(self, errors: Landscape) -> Ranks:
        """The ranks that are wanted."""
        if self.ranks is not None:
            return self.ranks
        if self.largest_error is not None:
            return ranks_for_error(errors, self.largest_error)
        return ranks_for_compression(errors, self.least_ratio or 0.0)


@dataclass(frozen=True)
class _Measured:
    """Relative errors: of the whole tensor, of each part over all groups, of each group over all parts."""

    whole: float
    by_part: list[float]
    by_group: list[float]


def _look_up(errors: Landscape, ranks: Ranks) -> _Measured:
    return _Measured(
        errors.relative_error(ranks),
        errors.relative_error_by_part(ranks).tolist(),
        errors.relative_error_by_group(ranks).tolist(),
    )


def _refined(tensor: AttentionTensor, refinement: Refinement, truncated: float, lower: float) -> _Measured:
    """Errors after refinement.

    The whole error lies between the certificate and the truncation's error, also where rounding says otherwise.
    """
    slices = slice_errors(tensor.data, refinement.tucker)
    return _Measured(
        min(max(refinement.relative_errors[-1], lower), truncated),
        slices.by_part().tolist(),
        slices.by_group().tolist(),
    )


@dataclass(frozen=True)
class _Clock:
    """Seconds that each step took on a device; 0 for a step that was not asked for."""

    device: torch.device
    seconds: dict[str, float] = field(
        default_factory=lambda: dict.fromkeys(("open", "hosvd", "table", "truncate", "refine"), 0.0)
    )

    @contextmanager
    def time(self, step: str) -> Iterator[None]:
        start = perf_counter()
        yield
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        self.seconds[step] = perf_counter() - start


def _log_sweep(sweep: int, relative_error: float) -> bool:
    if sweep < 10 or sweep % 10 == 0:  # the first sweeps gain the most, and there can be hundreds
        print(f"sweep {sweep}: relative error {relative_error:.6f}", file=sys.stderr)
    return True
