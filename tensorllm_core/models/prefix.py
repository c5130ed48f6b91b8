"""Run only the upper layers of a model: the hidden states that enter a layer are recorded once and given back later.

An edit of layer L leaves everything below L as it is, so every further pass may begin at L. The lower layers stay in
place but do nothing: the first of them to be called hands over the recorded states, bit by bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from jaxtyping import Float
from torch import Tensor, nn

from tensorllm_core.models.locate import locate
from tensorllm_core.models.opening import LoadedModel
from tensorllm_core.models.sizes import AttentionSizes

__all__ = ["Entering", "blocks_of", "first_to_run", "recording", "resumed"]


@dataclass(frozen=True)
class Entering:
    """The hidden states that enter a layer, and how the layer below returned them.

    `returned` is the length of the tuple whose first entry they were; 0 where they came alone.
    """

    states: Float[Tensor, "batch position d_model"]
    returned: int


def blocks_of(loaded: LoadedModel) -> Sequence[nn.Module]:
    """The transformer blocks, layer 0 first; those that layers share stand once."""
    family = loaded.checkpoint.family
    # Not the checkpoint's prefix, which may lack what the whole model has, or have one of its own.
    prefix = locate(family, dict(loaded.model.named_parameters()), loaded.checkpoint.sizes).prefix
    return list(loaded.model.get_submodule(f"{prefix}{family.blocks}").children())


def first_to_run(sizes: AttentionSizes, layer: int) -> int:
    """The layer at which a pass may begin when an edit changes this layer and those above.

    Where layers share weights, the edit changes lower ones too, and their blocks run several times: then all run.
    """
    return layer if sizes.blocks == sizes.layers else 0


@contextmanager
def recording(blocks: Sequence[nn.Module], layer: int) -> Iterator[list[Entering]]:
    """Note what enters `layer` (1 or higher) while the block runs; one entry for each pass, in order.

    The states are what the layer below returned; they are not copied.
    """
    passes: list[Entering] = []

    def note(_block: nn.Module, _inputs: tuple, output: Any) -> None:
        if isinstance(output, tuple):
            passes.append(Entering(output[0], len(output)))
        else:
            passes.append(Entering(output, 0))

    handle = blocks[layer - 1].register_forward_hook(note)
    try:
        yield passes
    finally:
        handle.remove()


@contextmanager
def resumed(blocks: Sequence[nn.Module], layer: int, entering: Entering) -> Iterator[None]:
    """Let every pass begin at `layer` with the recorded states; the blocks below do nothing meanwhile."""

    def hand_over(*_inputs: Any, **_named: Any) -> Any:
        others = (None,) * (entering.returned - 1)
        return (entering.states, *others) if entering.returned else entering.states

    with ExitStack() as stack:
        for block in blocks[:layer]:
            # On the instance: attributes that the model reads from its blocks stay, and the class is left alone.
            block.forward = hand_over
            stack.callback(_restore_forward, block)
        yield


def _restore_forward(block: nn.Module) -> None:
    vars(block).pop("forward", None)
