"""Read one layer and decompose it at all ranks; of a layer that takes long, give a first picture on the way."""

from __future__ import annotations

from collections.abc import Callable

import torch

from tensorllm_core.linalg.expected_time import expected_seconds, rates_of
from tensorllm_core.linalg.hosvd import ShortModes, add_first_mode, short_modes, stopper
from tensorllm_core.linalg.landscape import landscape
from tensorllm_core.linalg.leading import LEADING, has_leading, leading_hosvd
from tensorllm_core.methods.tensorise import tensorise
from tensorllm_core.models.checkpoint import Checkpoint, read_attention
from tensorllm_core.models.devices import on_device_or_cpu
from tensorllm_core.runs.layer_analysis import LayerAnalysis, go_on
from tensorllm_core.runs.plan import LayerPlan
from tensorllm_core.runs.stopwatch import Stopwatch
from tensorllm_core.types import Progress, TensorShape

__all__ = ["AT_ONCE", "analyse_layer"]

AT_ONCE = 2.0
"""Seconds of decomposing that a person waits for without a first picture."""


def analyse_layer(
    plan: LayerPlan,
    checkpoint: Checkpoint,
    progress: Progress = go_on,
    on_first: Callable[[LayerAnalysis], None] | None = None,
) -> LayerAnalysis:
    """Read the layer, decompose it at all ranks and tabulate every error.

    Where the device's memory does not suffice, the CPU computes and a notice says so.

    Args:
        on_first: gets a first picture, of the leading directions, if the whole is expected to take long.

    Raises:
        LayerError, CheckpointError: as `read_attention`.
        LayoutError: a layout that this attention cannot have.
        StoppedError: `progress` asked to stop.
    """
    device = torch.device(plan.device)
    step = stopper(progress)

    def on(place: torch.device) -> LayerAnalysis:
        watch = Stopwatch(place)
        notice = f"The memory of `{device}` did not suffice for this layer: the CPU decomposed it."
        notices = (notice,) if place != device else ()
        step(0.0, "reading the layer")
        with watch.time("open"):
            weights = read_attention(checkpoint, plan.layer, place)
            step(0.02, "reading the layer")
            tensor = tensorise(weights, plan.layout)
            del weights
        step(0.03, "head-width and part modes")
        with watch.time("hosvd"):
            short = short_modes(tensor.data, lambda share: step(0.03 + 0.05 * share, "head-width and part modes"))
        done = 0.08
        if on_first is not None and _takes_long(tensor.shape, short):
            first = leading_hosvd(short, LEADING, report=lambda share: step(0.08 + 0.1 * share, "leading directions"))
            picture = LayerAnalysis(plan, tensor, first, landscape(first), dict(watch.seconds), notices)
            picture.prepare(lambda share: step(0.18 + 0.02 * share, "first picture"))
            on_first(picture)
            done = 0.2
        with watch.time("hosvd"):
            whole = add_first_mode(short, lambda share, message: step(done + (0.85 - done) * share, message))
        step(0.85, "tabulating the errors of all ranks")
        with watch.time("table"):
            table = landscape(whole)
        step(0.9, "the table of errors is done")
        return LayerAnalysis(plan, tensor, whole, table, watch.seconds, notices)

    return on_device_or_cpu(on, device)[0]


def _takes_long(shape: TensorShape, short: ShortModes) -> bool:
    """Whether a first picture is worth it: leading directions are few, and the whole is expected to take seconds."""
    if not has_leading((shape.d_model, shape.entries // shape.d_model), LEADING):
        return False
    return expected_seconds(shape, rates_of(str(short.tensor.device))) > AT_ONCE
