"""TensorLLM: one layer's attention as a Tucker decomposition, factors shared by all heads (arXiv 2501.15674)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from tensorllm_core.linalg.refinement import MOST_SWEEPS
from tensorllm_core.linalg.truncations import Truncations, tucker_truncations
from tensorllm_core.methods.description import LayerSizes, MethodDescription, MethodLesson
from tensorllm_core.methods.method import AttentionOnly, Prepared, Replacement, Unit, layer_by_layer
from tensorllm_core.methods.tensorise import detensorise, tensorise
from tensorllm_core.types import AttentionTensor, AttentionWeights, LayerWeights, Layout, MethodLook, Progress

__all__ = [
    "TENSORLLM",
    "TENSORLLM_REFINED",
    "TUCKER_FORMULA",
    "TUCKER_NETWORK",
    "TensorLLM",
    "tensor_name",
    "tensorllm_unit",
    "tucker_entries",
]


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
    """The unit of a layer whose tensor is decomposed already."""
    name = tensor_name(layer)

    def assemble(rebuilt: Mapping[str, Tensor]) -> Mapping[int, Replacement]:
        if name not in rebuilt:
            return {}
        new = AttentionTensor(rebuilt[name].to(tensor.data), tensor.parts, tensor.layout)
        return {layer: Replacement(detensorise(new))}

    return Unit((layer,), {name: truncations}, assemble)


def tucker_entries(sizes: LayerSizes, rank: int) -> int:
    """Entries of the cores and of the three factors when every rank is `rank`.

    Source: arXiv 2501.15674, compression ratio: `h R1 R2 R3 + d R1 + d_v R2 + 4 R3`, with groups in place of heads.

    >>> tucker_entries(LayerSizes(128, 16, heads=8, groups=8, d_ff=344, feed_forward_matrices=3), 4)
    1104
    """
    return sizes.groups * rank**3 + (sizes.d_model + sizes.d_head + sizes.parts) * rank


TUCKER_FORMULA = r"W_i \approx G_i \times_1 U_1 \times_2 U_2 \times_3 U_3"
TUCKER_NETWORK = "G*(r1 r2 r3 head) U1+(d_model r1) U2+(d_head r2) U3+(part r3)"

TENSORLLM = MethodDescription(
    name="tensorllm",
    title="TensorLLM",
    words="Truncated HOSVD: factor matrices shared by all heads, a private core for each.",
    make=lambda options: TensorLLM(options.layout),
    takes=("layout",),
    # The orange of whatever is chosen; the relatives have warm colours, too.
    look=MethodLook("#d55e00", "#f28a3c", "solid", "circle"),
    lesson=MethodLesson(
        takeaway="All heads and parts share one subspace",
        shares="three factor matrices, by all heads and all parts: directions of the model, the head width, the parts.",
        private="a small core for each head, which mixes these directions.",
        formula=TUCKER_FORMULA,
        network=TUCKER_NETWORK,
    ),
    replaced_entries=lambda sizes: sizes.attention_entries,
    stored_entries=tucker_entries,
    is_suggested=True,
)

TENSORLLM_REFINED = MethodDescription(
    name="tensorllm-refined",
    title="TensorLLM, refined",
    words="TensorLLM, improved by HOOI sweeps as in the paper.",
    make=lambda options: TensorLLM(options.layout, sweeps=MOST_SWEEPS),
    takes=("layout",),
    look=MethodLook("#8a3d00", "#ffc59a", "dash", "circle-open"),
    lesson=MethodLesson(
        takeaway="The shared subspace, improved factor by factor",
        shares="three factor matrices, by all heads and all parts; each is fitted to the other two, again "
        "and again, until the error no longer falls.",
        private="a small core for each head.",
        formula=r"\textstyle\min_{U_1, U_2, U_3} \sum_i \| W_i - \hat W_i \|^2",
        network=TUCKER_NETWORK,
    ),
    replaced_entries=lambda sizes: sizes.attention_entries,
    stored_entries=tucker_entries,
)
