"""Edits to compare: layers compressed by a method, and the control that keeps nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch

from tensorllm_core.methods.method import Compressed, Method
from tensorllm_core.models.checkpoint import Checkpoint, read_attention
from tensorllm_core.models.edit import Edit
from tensorllm_core.models.feed_forward import read_feed_forward
from tensorllm_core.types import LayerWeights

__all__ = ["edit_of", "read_for_all", "read_layers", "removed"]


def edit_of(compressed: Compressed) -> Edit:
    """What a method made of some layers, as a change of their model."""
    found = compressed.replacements
    return Edit(
        {layer: new.attention for layer, new in found.items() if new.attention is not None},
        feed_forward={layer: new.feed_forward for layer, new in found.items() if new.feed_forward},
    )


def removed(layers: tuple[int, ...]) -> Edit:
    """The control that keeps nothing: these layers' attention output is zero."""
    return Edit(removed=frozenset(layers))


def read_layers(
    checkpoint: Checkpoint, layers: Sequence[int], method: Method, device: torch.device | str = "cpu"
) -> dict[int, LayerWeights]:
    """The weights of these layers that the method reads, in float32; nothing else is read.

    Raises:
        LayerError: the model has no such layer.
        CheckpointError: as `read_attention` and `read_feed_forward`.
    """
    return read_for_all(checkpoint, layers, [method], device)


def read_for_all(
    checkpoint: Checkpoint, layers: Sequence[int], methods: Iterable[Method], device: torch.device | str = "cpu"
) -> dict[int, LayerWeights]:
    """The same for several methods together.

    Raises:
        LayerError, CheckpointError: as `read_layers`.
    """
    chosen = tuple(layers)
    dense = {layer for method in methods for layer in method.feed_forward_layers(chosen)}
    return {
        layer: LayerWeights(
            read_attention(checkpoint, layer, device) if layer in chosen else None,
            read_feed_forward(checkpoint, layer, device) if layer in dense else {},
            checkpoint.family.turns_freely,
        )
        for layer in sorted({*chosen, *dense})
    }
