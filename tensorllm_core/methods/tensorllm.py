"""TensorLLM: one layer's attention as a Tucker decomposition, factors shared by all heads (arXiv 2501.15674)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from tensorllm_core.linalg.truncations import Truncations, tucker_truncations
from tensorllm_core.methods.method import AttentionOnly, Prepared, Replacement, Unit, layer_by_layer
from tensorllm_core.methods.tensorise import detensorise, tensorise
from tensorllm_core.types import AttentionTensor, AttentionWeights, LayerWeights, Layout, Progress

__all__ = ["TensorLLM", "tensor_name", "tensorllm_unit"]


@dataclass(frozen=True)
class TensorLLM(AttentionOnly):
    """The truncated HOSVD of every layer's tensor, refined by at most `sweeps` sweeps of HOOI."""

    layout: Layout = Layout.PAPER
    sweeps: int = 0

    def prepare(self, layers: Mapping[int, LayerWeights], progress: Progress | None = None) -> Prepared:
        """Decompose every layer at all ranks."""
        return layer_by_layer(layers, self._unit, progress)

    def _unit(self, layer: int, weights: AttentionWeights, progress: Progress) -> Unit:
        tensor = tensorise(weights, self.layout)
        return tensorllm_unit(layer, tensor, tucker_truncations(tensor.data, self.sweeps, progress))


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
        if name not in rebuilt:
            return {}
        found = AttentionTensor(rebuilt[name].to(tensor.data), tensor.parts, tensor.layout)
        return {layer: Replacement(detensorise(found))}

    return Unit((layer,), {name: truncations}, assemble)
