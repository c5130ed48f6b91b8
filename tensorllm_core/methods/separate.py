"""Q, K, V and O each as a tensor `d_model x d_head x head` of its own (the ablation of arXiv 2501.15674, Table IV)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from einops import rearrange
from torch import Tensor

from tensorllm_core.linalg.truncations import tucker_truncations
from tensorllm_core.methods.description import LayerSizes, MethodDescription, MethodLesson
from tensorllm_core.methods.matrices import ATTENTION_MATRICES, check_names
from tensorllm_core.methods.method import Assemble, AttentionOnly, Prepared, Replacement, Unit, attention_of
from tensorllm_core.methods.steps import Steps
from tensorllm_core.methods.tensorllm import tensor_name
from tensorllm_core.types import AttentionWeights, LayerWeights, MethodLook, Progress

__all__ = ["SEPARATE", "Separate"]


@dataclass(frozen=True)
class Separate(AttentionOnly):
    """Modes 1 and 2 of each chosen part are compressed; the parts share nothing."""

    parts: tuple[str, ...] = ATTENTION_MATRICES
    sweeps: int = 0

    def __post_init__(self) -> None:
        check_names(self.parts, ATTENTION_MATRICES, "parts")

    def prepare(self, layers: Mapping[int, LayerWeights], progress: Progress | None = None) -> Prepared:
        """Decompose every chosen part of every layer at all ranks."""
        attention = attention_of(layers)
        steps = Steps(progress, len(attention) * len(self.parts))
        units = []
        for layer, weights in attention.items():
            tensors = {}
            for part in self.parts:
                name = tensor_name(layer, part)
                progress_of_part = steps.begin(name)
                tensor = rearrange(getattr(weights, part.lower()), "d_model d_head head -> d_model d_head 1 head")
                tensors[name] = tucker_truncations(tensor, self.sweeps, progress_of_part)
            units.append(Unit((layer,), tensors, self._assembler(layer, weights)))
        return Prepared(tuple(units))

    def _assembler(self, layer: int, weights: AttentionWeights) -> Assemble:
        def assemble(rebuilt: Mapping[str, Tensor]) -> Mapping[int, Replacement]:
            matrices = {name: getattr(weights, name) for name in ("q", "k", "v", "o")}
            for part in self.parts:
                if tensor_name(layer, part) not in rebuilt:
                    continue
                new = rearrange(rebuilt[tensor_name(layer, part)], "d_model d_head 1 head -> d_model d_head head")
                matrices[part.lower()] = new.to(matrices[part.lower()])
            return {layer: Replacement(AttentionWeights(**matrices))}

        return assemble


def _stored_entries(sizes: LayerSizes, rank: int) -> int:
    """For each part a core of every head, and two factors."""
    return sum(heads * rank**2 + (sizes.d_model + sizes.d_head) * rank for heads in sizes.heads_by_part)


_NETWORK = "G*(r1 r2 head) U1+(d_model r1) U2+(d_head r2)"

SEPARATE = MethodDescription(
    name="separate",
    title="Separate Q, K, V, O",
    words="A tensor for each part: heads share their factors, the parts share nothing.",
    make=lambda options: Separate(options.matrices or ATTENTION_MATRICES),
    takes=("matrices",),
    look=MethodLook("#117733", "#5cc27d", "solid", "triangle-up"),
    lesson=MethodLesson(
        takeaway="Heads share, Q, K, V and O do not",
        shares="two factor matrices, by all heads of one projection.",
        private="a core for each head; and each projection has its factors to itself.",
        formula=r"W_i^Q \approx G_i^Q \times_1 U_1^Q \times_2 U_2^Q",
        network="; ".join(f"{part}: {_NETWORK}" for part in ATTENTION_MATRICES),
    ),
    replaced_entries=lambda sizes: sizes.attention_entries,
    stored_entries=_stored_entries,
    is_suggested=True,
)
