"""TRAWL: whole matrices stacked to one tensor, heads not split, then CP or Tucker (Luo et al.; arXiv 2406.17261)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import torch
from einops import rearrange
from torch import Tensor

from tensorllm_core.errors import LayoutError, RequestError
from tensorllm_core.linalg.cp import cp_truncations
from tensorllm_core.linalg.refinement import MOST_SWEEPS
from tensorllm_core.linalg.truncations import Truncations, as_one_group, tucker_truncations
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

__all__ = ["TRAWL", "TRAWL_ATTENTION", "TRAWL_TUCKER", "Form", "Trawl"]

_Place = tuple[int, str]
"""A layer and the name of one of its matrices."""


class Form(StrEnum):
    """The decomposition of a stack of matrices."""

    CP = "cp"
    TUCKER = "tucker"


@dataclass(frozen=True)
class Trawl:
    """Several matrices are stacked layer by layer; a single one is stacked over all chosen layers."""

    matrices: tuple[str, ...] = (FEED_FORWARD,)
    form: Form = Form.CP

    def feed_forward_layers(self, chosen: tuple[int, ...]) -> tuple[int, ...]:
        """The chosen layers, if one of the matrices is a feed-forward one."""
        return chosen if needs_feed_forward(self.matrices) else ()

    def prepare(self, layers: Mapping[int, LayerWeights], progress: Progress | None = None) -> Prepared:
        """Stack the matrices; CP decompositions wait until a rank is asked for.

        Raises:
            RequestError: the model has no such matrix, or there is only one to stack.
            LayoutError: the matrices have different shapes.
        """
        matrices_by_layer = {layer: select_matrices(weights, self.matrices) for layer, weights in layers.items()}
        if len(self.matrices) == 1 and self.matrices != (FEED_FORWARD,):
            (matrix,) = self.matrices
            name = f"{matrix} of layers {_span(list(layers))}"
            stacks = {name: {(layer, matrix): matrices_by_layer[layer][matrix] for layer in layers}}
        else:
            stacks = {
                f"{tensor_name(layer)} {'+'.join(matrices)}": {(layer, name): m for name, m in matrices.items()}
                for layer, matrices in matrices_by_layer.items()
            }
        steps = Steps(progress, len(stacks))
        return Prepared(tuple(self._unit(name, stack, layers, steps) for name, stack in stacks.items()))

    def _unit(
        self, name: str, stack: Mapping[_Place, Tensor], layers: Mapping[int, LayerWeights], steps: Steps
    ) -> Unit:
        progress = steps.begin(name)
        _check_stack(stack)
        tensor = torch.stack(list(stack.values()), dim=-1)
        truncations: Truncations
        if self.form is Form.CP:
            truncations = cp_truncations(tensor, lambda: progress(0.0, "sweeps of alternating least squares"))
        else:
            truncations = tucker_truncations(as_one_group(tensor), MOST_SWEEPS, progress)
        places = tuple(stack)
        layers_of_stack = tuple(dict.fromkeys(layer for layer, _ in places))
        return Unit(layers_of_stack, {name: truncations}, _assembler(name, places, layers))


def _assembler(name: str, places: Sequence[_Place], layers: Mapping[int, LayerWeights]) -> Assemble:
    def assemble(rebuilt: Mapping[str, Tensor]) -> Mapping[int, Replacement]:
        # A Tucker decomposition gives back a group mode of one entry, which the last axis takes in.
        matrices = rearrange(rebuilt[name], "rows columns matrix ... -> matrix rows (columns ...)")
        by_layer: dict[int, dict[str, Tensor]] = {}
        for (layer, matrix), new in zip(places, matrices, strict=True):
            by_layer.setdefault(layer, {})[matrix] = new
        return {layer: put_back(layers[layer], new) for layer, new in by_layer.items()}

    return assemble


def _check_stack(stack: Mapping[_Place, Tensor]) -> None:
    if len(stack) < 2:
        (layer, name), *_ = stack
        raise RequestError(
            f"Expected two or more matrices to stack, got `{name}` of layer {layer} alone; choose more matrices, or "
            "more layers."
        )
    (first, shape), *others = ((place, tuple(matrix.shape)) for place, matrix in stack.items())
    for place, other in others:
        if other != shape:
            raise LayoutError(
                f"Expected matrices of one shape to stack, got `{first[1]}` of layer {first[0]} with {shape[0]} x "
                f"{shape[1]} and `{place[1]}` of layer {place[0]} with {other[0]} x {other[1]}; choose matrices of "
                "one shape."
            )


def _span(layers: Sequence[int]) -> str:
    whole = list(range(layers[0], layers[0] + len(layers)))
    return f"{layers[0]}-{layers[-1]}" if layers == whole and len(layers) > 1 else ", ".join(map(str, layers))


def _factor_entries(sizes: LayerSizes, rank: int) -> int:
    """Entries of the three factors of the stacked feed-forward matrices."""
    return (sizes.d_ff + sizes.d_model + sizes.feed_forward_matrices) * rank


_CP_FORMULA = r"W \approx \textstyle\sum_{r=1}^{R} a_r \circ b_r \circ c_r"

TRAWL = MethodDescription(
    name="trawl",
    title="TRAWL, CP",
    words="The feed-forward matrices stacked to one tensor, as a sum of R products of vectors.",
    make=lambda options: Trawl(options.matrices or (FEED_FORWARD,)),
    takes=("matrices",),
    # Stacks of whole matrices are teal.
    look=MethodLook("#007a7a", "#43cfc4", "solid", "cross"),
    lesson=MethodLesson(
        takeaway="Feed-forward matrices share their terms",
        shares="the R terms, by all feed-forward matrices of a layer: one index r joins the three factors.",
        private="a row of C for each matrix: how much of each term it takes.",
        formula=_CP_FORMULA,
        network="A+(d_ff r) B+(d_model r) C+(matrix r)",
        shared_by="all matrices",
    ),
    replaced_entries=lambda sizes: sizes.feed_forward_entries,
    stored_entries=_factor_entries,
    has_local_optima=True,
    is_slow=True,
)

TRAWL_TUCKER = MethodDescription(
    name="trawl-tucker",
    title="TRAWL, Tucker",
    words="The feed-forward matrices stacked to one tensor, as a core and three factor matrices.",
    make=lambda options: Trawl(options.matrices or (FEED_FORWARD,), Form.TUCKER),
    takes=("matrices",),
    look=MethodLook("#3aa6a0", "#9fe8e0", "dash", "cross"),
    lesson=MethodLesson(
        takeaway="Feed-forward matrices share one core",
        shares="one core and two factor matrices, by all feed-forward matrices of a layer.",
        private="a row of C for each matrix: how it mixes the slices of the core.",
        formula=r"W \approx G \times_1 A \times_2 B \times_3 C",
        network="G+(r1 r2 r3) A+(d_ff r1) B+(d_model r2) C+(matrix r3)",
        shared_by="all matrices",
    ),
    replaced_entries=lambda sizes: sizes.feed_forward_entries,
    stored_entries=lambda sizes, rank: rank**3 + _factor_entries(sizes, rank),
)

TRAWL_ATTENTION = MethodDescription(
    name="trawl-attention",
    title="TRAWL on Q, K, V, O",
    words="The whole attention matrices stacked, heads not split, as a sum of R products of vectors.",
    make=lambda options: Trawl(options.matrices or ATTENTION_MATRICES),
    takes=("matrices",),
    look=MethodLook("#005060", "#2aa3b5", "dashdot", "cross"),
    lesson=MethodLesson(
        takeaway="Q, K, V and O share their terms",
        shares="the R terms, by Q, K, V and O. In each the heads stand side by side: they are not split.",
        private="a row of C for each matrix: how much of each term it takes.",
        formula=_CP_FORMULA,
        network="A+(d_model r) B+(all_heads r) C+(part r)",
        shared_by="all matrices",
    ),
    replaced_entries=lambda sizes: sizes.attention_entries,
    stored_entries=lambda sizes, rank: (sizes.d_model + sizes.heads * sizes.d_head + 4) * rank,
    # With grouped attention K and V are narrower than Q and O, and cannot be stacked with them.
    needs_plain_attention=True,
    has_local_optima=True,
    is_slow=True,
)
