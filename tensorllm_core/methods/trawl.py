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
from tensorllm_core.linalg.truncations import Truncations, as_one_group, tucker_truncations
from tensorllm_core.methods.matrices import FEED_FORWARD, chosen_matrices, feed_forward_only, put_back
from tensorllm_core.methods.method import Prepared, Replacement, Unit
from tensorllm_core.methods.steps import Steps
from tensorllm_core.methods.tensorllm import tensor_name
from tensorllm_core.types import LayerWeights, Progress

__all__ = ["Form", "Trawl"]

_SWEEPS = 10
"""Sweeps of HOOI, at most, for a stack's Tucker decomposition."""

_Place = tuple[int, str]
"""A layer and the name of one of its matrices."""


class Form(StrEnum):
    """What a stack of matrices is decomposed to."""

    CP = "cp"
    TUCKER = "tucker"


@dataclass(frozen=True)
class Trawl:
    """Several matrices are stacked layer by layer; a single one is stacked over all chosen layers."""

    matrices: tuple[str, ...] = (FEED_FORWARD,)
    form: Form = Form.CP

    def feed_forward_layers(self, chosen: tuple[int, ...]) -> tuple[int, ...]:
        """The chosen ones, if a feed-forward matrix is."""
        return chosen if feed_forward_only(self.matrices) else ()

    def prepare(self, layers: Mapping[int, LayerWeights], progress: Progress | None = None) -> Prepared:
        """Stack the matrices; CP decompositions wait until a rank is asked for.

        Raises:
            RequestError: the model has no such matrix, or there is only one to stack.
            LayoutError: the matrices have different shapes.
        """
        found = {layer: chosen_matrices(weights, self.matrices) for layer, weights in layers.items()}
        if len(self.matrices) == 1 and self.matrices != (FEED_FORWARD,):
            (name,) = self.matrices
            stacks = {f"{name} of layers {_span(list(found))}": {(layer, name): found[layer][name] for layer in found}}
        else:
            stacks = {
                f"{tensor_name(layer)} {'+'.join(matrices)}": {(layer, name): m for name, m in matrices.items()}
                for layer, matrices in found.items()
            }
        steps = Steps(progress, len(stacks))
        return Prepared(tuple(self._unit(name, stack, layers, steps) for name, stack in stacks.items()))

    def _unit(
        self, name: str, stack: Mapping[_Place, Tensor], layers: Mapping[int, LayerWeights], steps: Steps
    ) -> Unit:
        within = steps.begin(name)
        _check_stack(stack)
        tensor = torch.stack(list(stack.values()), dim=-1)
        truncations: Truncations
        if self.form is Form.CP:
            truncations = cp_truncations(tensor, lambda: within(0.0, "sweeps of alternating least squares"))
        else:
            truncations = tucker_truncations(as_one_group(tensor), _SWEEPS, within)
        places = list(stack)

        def assemble(rebuilt: Mapping[str, Tensor]) -> Mapping[int, Replacement]:
            cut = rearrange(rebuilt[name], "rows columns matrix ... -> matrix rows columns ...")
            return {
                layer: put_back(
                    layers[layer],
                    {
                        matrix: cut[index].reshape(tensor.shape[:2])
                        for index, (at, matrix) in enumerate(places)
                        if at == layer
                    },
                )
                for layer in dict.fromkeys(layer for layer, _ in places)
            }

        return Unit(tuple(dict.fromkeys(layer for layer, _ in places)), {name: truncations}, assemble)


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
