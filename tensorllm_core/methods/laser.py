"""LASER: truncated SVD of single matrices, each for itself (Sharma, Ash, Misra; arXiv 2312.13558)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from tensorllm_core.linalg.svd import svd_truncations
from tensorllm_core.methods.matrices import FEED_FORWARD, chosen_matrices, feed_forward_only, put_back
from tensorllm_core.methods.method import Assemble, Prepared, Replacement, Unit
from tensorllm_core.methods.steps import Steps
from tensorllm_core.methods.tensorllm import tensor_name
from tensorllm_core.types import LayerWeights, Progress

__all__ = ["Laser"]


@dataclass(frozen=True)
class Laser:
    """The chosen matrices of every layer; a rank each."""

    matrices: tuple[str, ...] = (FEED_FORWARD,)

    def feed_forward_layers(self, chosen: tuple[int, ...]) -> tuple[int, ...]:
        """The chosen ones, if a feed-forward matrix is."""
        return chosen if feed_forward_only(self.matrices) else ()

    def prepare(self, layers: Mapping[int, LayerWeights], progress: Progress | None = None) -> Prepared:
        """Decompose every chosen matrix of every layer.

        Raises:
            RequestError: the model has no such matrix.
        """
        found = {layer: chosen_matrices(weights, self.matrices) for layer, weights in layers.items()}
        steps = Steps(progress, sum(map(len, found.values())))
        units = []
        for layer, matrices in found.items():
            tensors = {}
            for name, matrix in matrices.items():
                steps.begin(tensor_name(layer, name))
                tensors[tensor_name(layer, name)] = svd_truncations(matrix)
            units.append(Unit((layer,), tensors, _assembling(layer, layers[layer], tuple(matrices))))
        return Prepared(tuple(units))


def _assembling(layer: int, weights: LayerWeights, names: tuple[str, ...]) -> Assemble:
    def assemble(rebuilt: Mapping[str, Tensor]) -> Mapping[int, Replacement]:
        found = {name: tensor_name(layer, name) for name in names}
        return {layer: put_back(weights, {name: rebuilt[at] for name, at in found.items() if at in rebuilt})}

    return assemble
