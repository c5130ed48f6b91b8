"""LASER: truncated SVD of single matrices, each for itself (Sharma, Ash, Misra; arXiv 2312.13558)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from tensorllm_core.linalg.svd import svd_truncations
from tensorllm_core.methods.description import LayerSizes, MethodDescription, MethodLesson
from tensorllm_core.methods.matrices import (
    ATTENTION_MATRICES,
    FEED_FORWARD,
    needs_feed_forward,
    put_back,
    select_matrices,
)
from tensorllm_core.methods.method import Assemble, Prepared, Replacement, Unit
from tensorllm_core.methods.steps import Steps
from tensorllm_core.methods.tensorllm import tensor_name
from tensorllm_core.types import LayerWeights, MethodLook, Progress

__all__ = ["FEED_FORWARD_SVD_NETWORK", "LASER", "LASER_ATTENTION", "Laser", "feed_forward_svd_entries"]


@dataclass(frozen=True)
class Laser:
    """The chosen matrices of every layer; a rank each."""

    matrices: tuple[str, ...] = (FEED_FORWARD,)

    def feed_forward_layers(self, chosen: tuple[int, ...]) -> tuple[int, ...]:
        """The chosen layers, if one of the matrices is a feed-forward one."""
        return chosen if needs_feed_forward(self.matrices) else ()

    def prepare(self, layers: Mapping[int, LayerWeights], progress: Progress | None = None) -> Prepared:
        """Decompose every chosen matrix of every layer.

        Raises:
            RequestError: the model has no such matrix.
        """
        matrices_by_layer = {layer: select_matrices(weights, self.matrices) for layer, weights in layers.items()}
        steps = Steps(progress, sum(map(len, matrices_by_layer.values())))
        units = []
        for layer, matrices in matrices_by_layer.items():
            tensors = {}
            for matrix_name, matrix in matrices.items():
                name = tensor_name(layer, matrix_name)
                steps.begin(name)
                tensors[name] = svd_truncations(matrix)
            units.append(Unit((layer,), tensors, _assembler(layer, layers[layer], tuple(matrices))))
        return Prepared(tuple(units))


def _assembler(layer: int, weights: LayerWeights, matrix_names: tuple[str, ...]) -> Assemble:
    def assemble(rebuilt: Mapping[str, Tensor]) -> Mapping[int, Replacement]:
        tensor_names = {matrix: tensor_name(layer, matrix) for matrix in matrix_names}
        new = {matrix: rebuilt[name] for matrix, name in tensor_names.items() if name in rebuilt}
        return {layer: put_back(weights, new)}

    return assemble


def feed_forward_svd_entries(sizes: LayerSizes, rank: int) -> int:
    """For each feed-forward matrix `rank` left singular vectors and as many right ones, which hold the values."""
    return sizes.feed_forward_matrices * (sizes.d_ff + sizes.d_model) * rank


def _attention_svd_entries(sizes: LayerSizes, rank: int) -> int:
    return sum((sizes.d_model + heads * sizes.d_head) * rank for heads in sizes.heads_by_part)


FEED_FORWARD_SVD_NETWORK = "S(r) U(d_ff r) V(d_model r)"
_ATTENTION_SVD_NETWORK = "S(r) U(d_model r) V(all_heads r)"
_FORMULA = r"W \approx U_R\, S_R\, V_R^{\mathsf T}"

LASER_ATTENTION = MethodDescription(
    name="laser-attention",
    title="SVD of Q, K, V, O",
    words="LASER on the attention: each matrix for itself, nothing is shared.",
    make=lambda options: Laser(options.matrices or ATTENTION_MATRICES),
    takes=("matrices",),
    # SVDs of single matrices are blue.
    look=MethodLook("#332288", "#a596ff", "solid", "square"),
    lesson=MethodLesson(
        takeaway="Every matrix stands alone",
        shares="nothing. In a matrix the heads stand side by side, and the method does not see them.",
        private="the leading singular values and vectors of each matrix.",
        formula=_FORMULA,
        network="; ".join(f"{part}: {_ATTENTION_SVD_NETWORK}" for part in ATTENTION_MATRICES),
    ),
    replaced_entries=lambda sizes: sizes.attention_entries,
    stored_entries=_attention_svd_entries,
    is_suggested=True,
)

LASER = MethodDescription(
    name="laser",
    title="LASER",
    words="Truncated SVD of the feed-forward matrices, each for itself.",
    make=lambda options: Laser(options.matrices or (FEED_FORWARD,)),
    takes=("matrices",),
    look=MethodLook("#3f86c6", "#7cc0f7", "dash", "square"),
    lesson=MethodLesson(
        takeaway="Every matrix stands alone",
        shares="nothing; each feed-forward matrix is decomposed alone.",
        private="the leading singular values and vectors of each matrix.",
        formula=_FORMULA,
        network="; ".join(f"{matrix}: {FEED_FORWARD_SVD_NETWORK}" for matrix in ("gate", "up", "down")),
    ),
    replaced_entries=lambda sizes: sizes.feed_forward_entries,
    stored_entries=feed_forward_svd_entries,
    is_suggested=True,
)
