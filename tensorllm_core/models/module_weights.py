"""Read and write the attention weights of an instantiated model, and find any weights of its blocks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from tensorllm_core.errors import CheckpointError, RequestError
from tensorllm_core.models.family import Family
from tensorllm_core.models.patterns import join, split
from tensorllm_core.models.sizes import AttentionSizes
from tensorllm_core.models.weight_names import WeightNames, find_weights
from tensorllm_core.types import AttentionWeights

__all__ = [
    "attention_parameters",
    "module_sizes",
    "module_weight_names",
    "parameters_at",
    "read_module_attention",
    "write_module_attention",
    "write_parameters",
]


def read_module_attention(model: nn.Module, family: Family, layer: int) -> AttentionWeights:
    """A copy of the attention weights of a layer, in float32 on the device of the model.

    Raises:
        LayerError: the model has no such layer.
        CheckpointError: the model is not of this family.
        RequestError: the weights of the layer are not on a device.
    """
    sizes = module_sizes(model, family)
    parameters = attention_parameters(model, family, sizes, layer)
    stored = {path: parameter.detach().to(torch.float32, copy=True) for path, parameter in parameters.items()}
    return split(family, stored, sizes)


def write_module_attention(model: nn.Module, family: Family, layer: int, weights: AttentionWeights) -> None:
    """Write the attention weights of a layer into the model in place, in the dtype of the model; biases stay.

    Raises:
        LayerError: the model has no such layer.
        CheckpointError: the model is not of this family, or the weights have other shapes.
        RequestError: the weights of the layer are not on a device.
    """
    write_parameters(attention_parameters(model, family, module_sizes(model, family), layer), join(family, weights))


def write_parameters(parameters: Mapping[str, nn.Parameter], stored: Mapping[str, Tensor]) -> None:
    """Write stored matrices into parameters in place, in their dtype; both are given by path below the block.

    All shapes are checked before the first parameter changes.

    Raises:
        CheckpointError: a matrix has another shape than its parameter.
    """
    for path, parameter in parameters.items():
        if stored[path].shape != parameter.shape:
            raise CheckpointError(
                f"Expected weights of shape {tuple(parameter.shape)} for `{path}`, got {tuple(stored[path].shape)}; "
                "give the weights of a layer of this model."
            )
    with torch.no_grad():
        for path, parameter in parameters.items():
            parameter.copy_(stored[path])


def module_sizes(model: nn.Module, family: Family) -> AttentionSizes:
    """The sizes of a model, from its config."""
    config: Any = model.config
    return family.size_names.read(config.to_dict())


def attention_parameters(
    model: nn.Module, family: Family, sizes: AttentionSizes, layer: int
) -> dict[str, nn.Parameter]:
    """The parameters that hold the attention weights of a layer, by path below its block; raises as `parameters_at`."""
    return parameters_at(model, family, sizes, layer, [matrix.path for matrix in family.matrices])


def parameters_at(
    model: nn.Module, family: Family, sizes: AttentionSizes, layer: int, paths: Iterable[str]
) -> dict[str, nn.Parameter]:
    """The parameters of a layer at these paths below its block.

    Raises:
        LayerError: the model has no such layer.
        CheckpointError: the model is not of this family.
        RequestError: the weights of the layer are not on a device, because there was too little memory for them.
    """
    parameters = dict(model.named_parameters())
    names = find_weights(family, parameters, sizes)
    names.check_layer(layer)
    chosen = {path: parameters[names.name(layer, path)] for path in paths}
    if any(parameter.is_meta for parameter in chosen.values()):
        raise RequestError(
            f"Expected the weights of layer {layer} on a device, got weights that were moved off it because its memory "
            "is full; choose a smaller number type or a lower layer."
        )
    return chosen


def module_weight_names(model: nn.Module, family: Family, sizes: AttentionSizes) -> WeightNames:
    """The names of the family's weights in a model.

    They are looked up in the model itself: its prefix may differ from that of the checkpoint.

    Raises:
        CheckpointError: the model is not of this family.
    """
    return find_weights(family, dict(model.named_parameters()), sizes)
