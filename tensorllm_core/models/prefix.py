"""Run only the upper layers of a model: record the hidden states that enter a layer once, and start from them later.

An edit of layer L changes nothing below L, so every further pass may start at L. The lower layers stay in the model,
but each of them only returns the recorded states, bit by bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from jaxtyping import Float
from torch import Tensor, nn

from tensorllm_core.models.loaded_model import LoadedModel
from tensorllm_core.models.module_weights import module_weight_names
from tensorllm_core.models.sizes import AttentionSizes

__all__ = ["LayerInput", "blocks_of", "first_to_run", "recording", "resumed"]


@dataclass(frozen=True)
class LayerInput:
    """The hidden states that enter a layer, and the form in which the layer below returned them.

    `returned` is the length of the tuple whose first entry the states were; 0 where they were not in a tuple.
    """

    states: Float[Tensor, "batch position d_model"]
    returned: int


def blocks_of(loaded: LoadedModel) -> Sequence[nn.Module]:
    """The transformer blocks of a model, layer 0 first; a block that several layers share is there once."""
    family, sizes = loaded.checkpoint.family, loaded.checkpoint.sizes
    prefix = module_weight_names(loaded.model, family, sizes).prefix
    return list(loaded.model.get_submodule(f"{prefix}{family.blocks}").children())


def first_to_run(sizes: AttentionSizes, layer: int) -> int:
    """The first layer that must run when an edit changes this layer and maybe layers above it.

    Where layers share weights, the edit changes lower layers too, and one block runs several times: all layers run.
    """
    return layer if sizes.blocks == sizes.layers else 0


@contextmanager
def recording(blocks: Sequence[nn.Module], layer: int) -> Iterator[list[LayerInput]]:
    """Record what enters `layer` (1 or higher) in each pass through the model; gives a list that grows, in order.

    The states are those that the layer below returns. They are not copied.
    """
    inputs: list[LayerInput] = []

    def record(_block: nn.Module, _inputs: tuple, output: Any) -> None:
        if isinstance(output, tuple):
            inputs.append(LayerInput(output[0], len(output)))
        else:
            inputs.append(LayerInput(output, 0))

    handle = blocks[layer - 1].register_forward_hook(record)
    try:
        yield inputs
    finally:
        handle.remove()


@contextmanager
def resumed(blocks: Sequence[nn.Module], layer: int, layer_input: LayerInput) -> Iterator[None]:
    """Let every pass through the model start at `layer` with the recorded states; the blocks below do nothing."""

    def recorded_output(*_inputs: Any, **_named: Any) -> Any:
        others = (None,) * (layer_input.returned - 1)
        return (layer_input.states, *others) if layer_input.returned else layer_input.states

    with ExitStack() as stack:
        for block in blocks[:layer]:
            # Replaced on this object alone: its class and the attributes that the model reads from it stay.
            block.forward = recorded_output
            stack.callback(_restore_forward, block)
        yield


def _restore_forward(block: nn.Module) -> None:
    vars(block).pop("forward", None)
