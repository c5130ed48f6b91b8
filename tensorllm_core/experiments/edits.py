"""The edits that an evaluation compares: layers compressed by a method, and layers without their attention."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch

from tensorllm_core.methods.method import Compressed, Method
from tensorllm_core.models.checkpoint import Checkpoint, read_attention
from tensorllm_core.models.edit import Edit
from tensorllm_core.models.feed_forward import read_feed_forward
from tensorllm_core.types import LayerWeights

__all__ = ["attention_removal", "edit_of", "read_for_all", "read_layers"]


def edit_of(compressed: Compressed) -> Edit:
    """The replacements of a method as an edit of the model that they belong to."""
    replacements = compressed.replacements
    return Edit(
        {layer: new.attention for layer, new in replacements.items() if new.attention is not None},
        feed_forward={layer: new.feed_forward for layer, new in replacements.items() if new.feed_forward},
    )


def attention_removal(layers: tuple[int, ...]) -> Edit:
    """The edit that removes the attention of these layers: its output becomes zero."""
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
    """The weights of these layers that at least one of the methods reads, in float32; nothing else is read.

    Raises:
        LayerError, CheckpointError: as `read_layers`.
    """
    attention_layers = tuple(layers)
    dense = {layer for method in methods for layer in method.feed_forward_layers(attention_layers)}
    return {
        layer: LayerWeights(
            read_attention(checkpoint, layer, device) if layer in attention_layers else None,
            read_feed_forward(checkpoint, layer, device) if layer in dense else {},
            checkpoint.family.turns_freely,
        )
        for layer in sorted({*attention_layers, *dense})
    }
