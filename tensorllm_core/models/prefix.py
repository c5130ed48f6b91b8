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

from tensorllm_core.models.opening import LoadedModel

__all__ = ["Entering", "blocks_of", "recording", "resumed"]


@dataclass(frozen=True)
class Entering:
    """The hidden states that enter a layer; `in_tuple` where the family's layers return them as a tuple's first."""

    states: Float[Tensor, "batch position d_model"]
    in_tuple: bool


def blocks_of(loaded: LoadedModel) -> Sequence[nn.Module]:
    """The transformer blocks, layer 0 first."""
    location = loaded.checkpoint.location
    named = {name for name, _ in loaded.model.named_modules()}
    # The checkpoint may lack the prefix under which the whole model holds its base, or have one of its own.
    base: Any = loaded.model
    prefix = getattr(base, "base_model_prefix", "")
    for path in (f"{location.prefix}{location.family.blocks}", f"{prefix}.{location.family.blocks}"):
        if path in named:
            return list(loaded.model.get_submodule(path).children())
    return list(loaded.model.get_submodule(location.family.blocks).children())


@contextmanager
def recording(blocks: Sequence[nn.Module], layer: int) -> Iterator[list[Entering]]:
    """Note what enters `layer` (1 or higher) while the block runs; one entry for each pass, in order.

    The states are what the layer below returned; they are not copied.
    """
    passes: list[Entering] = []

    def note(_block: nn.Module, _inputs: tuple, output: Any) -> None:
        in_tuple = isinstance(output, tuple)
        passes.append(Entering(output[0] if in_tuple else output, in_tuple))

    handle = blocks[layer - 1].register_forward_hook(note)
    try:
        yield passes
    finally:
        handle.remove()


@contextmanager
def resumed(blocks: Sequence[nn.Module], layer: int, entering: Entering) -> Iterator[None]:
    """Let every pass begin at `layer` with the recorded states; the blocks below do nothing meanwhile."""

    def hand_over(*_inputs: Any, **_named: Any) -> Any:
        return (entering.states,) if entering.in_tuple else entering.states

    with ExitStack() as stack:
        for block in blocks[:layer]:
            # On the instance: attributes that the model reads from its blocks stay, and the class is left alone.
            block.forward = hand_over
            stack.callback(_restore_forward, block)
        yield


def _restore_forward(block: nn.Module) -> None:
    vars(block).pop("forward", None)
