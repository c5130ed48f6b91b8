"""TensorLLM: one layer's attention as a Tucker decomposition, factors shared by all heads (arXiv 2501.15674)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from tensorllm_core.linalg.truncations import Truncations, tucker_truncations
from tensorllm_core.methods.method import Prepared, Replacement, Steps, Unit, attention_of
from tensorllm_core.methods.tensorise import detensorise, tensorise
from tensorllm_core.types import AttentionTensor, LayerWeights, Layout, Progress

__all__ = ["TensorLLM", "tensor_name", "tensorllm_unit"]


@dataclass(frozen=True)
class TensorLLM:
    """The truncated HOSVD of every layer's tensor, refined by at most `sweeps` sweeps of HOOI."""

    layout: Layout = Layout.PAPER
    sweeps: int = 0

    def feed_forward_layers(self, chosen: tuple[int, ...]) -> tuple[int, ...]:
        """None: it compresses attention alone."""
        return ()

    def prepare(self, layers: Mapping[int, LayerWeights], progress: Progress | None = None) -> Prepared:
        """Decompose every layer at all ranks."""
        chosen = attention_of(layers)
        steps = Steps(progress, len(chosen))
        units = []
        for layer, weights in chosen.items():
            within = steps.begin(tensor_name(layer))
            tensor = tensorise(weights, self.layout)
            units.append(tensorllm_unit(layer, tensor, tucker_truncations(tensor.data, self.sweeps, within)))
        return Prepared(tuple(units))


def tensor_name(layer: int, matrix: str = "") -> str:
    """The name of a decomposed tensor: of a layer's attention, or of one of its matrices.

    >>> tensor_name(3), tensor_name(3, "up")
    ('layer 3', 'layer 3 up')
    """
    return f"layer {layer} {matrix}".rstrip()


def tensorllm_unit(layer: int, tensor: AttentionTensor, truncations: Truncations) -> Unit:
    """A layer whose tensor is decomposed already."""
    name = tensor_name(layer)

    def assemble(rebuilt: Mapping[str, Tensor]) -> Mapping[int, Replacement]:
        found = AttentionTensor(rebuilt[name].to(tensor.data), tensor.parts, tensor.layout)
        return {layer: Replacement(detensorise(found))}

    return Unit((layer,), {name: truncations}, assemble)
