"""Q, K, V and O each as a tensor `d_model x d_head x head` of its own (the ablation of arXiv 2501.15674, Table IV)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from einops import rearrange
from torch import Tensor

from tensorllm_core.linalg.truncations import tucker_truncations
from tensorllm_core.methods.matrices import ATTENTION_MATRICES, check_names
from tensorllm_core.methods.method import Assemble, AttentionOnly, Prepared, Replacement, Unit, attention_of
from tensorllm_core.methods.steps import Steps
from tensorllm_core.methods.tensorllm import tensor_name
from tensorllm_core.types import AttentionWeights, LayerWeights, Progress

__all__ = ["Separate"]


@dataclass(frozen=True)
class Separate(AttentionOnly):
    """Modes 1 and 2 of each chosen part are compressed; nothing is shared between the parts."""

    parts: tuple[str, ...] = ATTENTION_MATRICES
    sweeps: int = 0

    def __post_init__(self) -> None:
        check_names(self.parts, ATTENTION_MATRICES, "parts")

    def prepare(self, layers: Mapping[int, LayerWeights], progress: Progress | None = None) -> Prepared:
        """Decompose every chosen part of every layer at all ranks."""
        chosen = attention_of(layers)
        steps = Steps(progress, len(chosen) * len(self.parts))
        units = []
        for layer, weights in chosen.items():
            tensors = {}
            for part in self.parts:
                within = steps.begin(tensor_name(layer, part))
                one = rearrange(getattr(weights, part.lower()), "d_model d_head head -> d_model d_head 1 head")
                tensors[tensor_name(layer, part)] = tucker_truncations(one, self.sweeps, within)
            units.append(Unit((layer,), tensors, self._assembling(layer, weights)))
        return Prepared(tuple(units))

    def _assembling(self, layer: int, weights: AttentionWeights) -> Assemble:
        def assemble(rebuilt: Mapping[str, Tensor]) -> Mapping[int, Replacement]:
            found = {name: getattr(weights, name) for name in ("q", "k", "v", "o")}
            for part in self.parts:
                if tensor_name(layer, part) not in rebuilt:
                    continue
                new = rearrange(rebuilt[tensor_name(layer, part)], "d_model d_head 1 head -> d_model d_head head")
                found[part.lower()] = new.to(found[part.lower()])
            return {layer: Replacement(AttentionWeights(**found))}

        return assemble
