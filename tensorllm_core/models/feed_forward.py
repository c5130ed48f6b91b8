"""The feed-forward matrices of a layer as `d_ff x d_model`, from a checkpoint or in an instantiated model."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor, nn

from tensorllm_core.errors import CheckpointError
from tensorllm_core.models.checkpoint import Checkpoint, read_matrix
from tensorllm_core.models.family import Family
from tensorllm_core.models.module_weights import module_sizes, parameters_at, write_parameters
from tensorllm_core.models.patterns import join_dense, split_dense

__all__ = ["read_feed_forward", "read_module_feed_forward", "write_module_feed_forward"]


def read_feed_forward(
    checkpoint: Checkpoint, layer: int, device: torch.device | str = "cpu"
) -> dict[str, Float[Tensor, "d_ff d_model"]]:
    """The feed-forward matrices of a layer in float32, by name; reads the bytes of these matrices only.

    Raises:
        LayerError: the model has no such layer.
        CheckpointError: the layers have several feed-forward parts, or a matrix is missing, has an impossible shape,
            is not of floating point or not finite.
    """
    checkpoint.check_layer(layer)
    checkpoint.family.check_feed_forward()
    matrices: dict[str, Tensor] = {}
    for dense in checkpoint.family.feed_forward:
        name = checkpoint.weight_names.name(layer, dense.path)
        entry = checkpoint.tensors.get(name)
        if entry is None:
            raise CheckpointError(f"Expected the tensor `{name}`, got none; copy or download the model again.")
        matrices |= split_dense(dense, read_matrix(checkpoint.storage, entry).to(device), checkpoint.d_model)
    return matrices


def read_module_feed_forward(model: nn.Module, family: Family, layer: int) -> dict[str, Float[Tensor, "d_ff d_model"]]:
    """A copy of the feed-forward matrices of a layer, by name, in float32 on the device of the model.

    Raises:
        LayerError: the model has no such layer.
        CheckpointError: the model is not of this family, or its layers have several feed-forward parts.
        RequestError: the weights of the layer are not on a device.
    """
    parameters, d_model = _parameters(model, family, layer)
    matrices: dict[str, Tensor] = {}
    for dense in family.feed_forward:
        matrices |= split_dense(dense, parameters[dense.path].detach().to(torch.float32, copy=True), d_model)
    return matrices


def write_module_feed_forward(
    model: nn.Module, family: Family, layer: int, matrices: Mapping[str, Float[Tensor, "d_ff d_model"]]
) -> None:
    """Write all feed-forward matrices of a layer into the model in place, in the dtype of the model; biases stay.

    Raises:
        LayerError: the model has no such layer.
        CheckpointError: the model is not of this family, or a matrix is missing or has another shape.
        RequestError: the weights of the layer are not on a device.
    """
    if missing := set(family.feed_forward_names) - set(matrices):
        raise CheckpointError(f"Expected the matrix `{min(missing)}` of the layer, got none; give all of them.")
    parameters, _ = _parameters(model, family, layer)
    write_parameters(parameters, {dense.path: join_dense(dense, matrices) for dense in family.feed_forward})


def _parameters(model: nn.Module, family: Family, layer: int) -> tuple[dict[str, nn.Parameter], int]:
    """The parameters that hold the feed-forward matrices of a layer, by path below its block; and d_model."""
    family.check_feed_forward()
    sizes = module_sizes(model, family)
    return parameters_at(model, family, sizes, layer, [dense.path for dense in family.feed_forward]), sizes.d_model
