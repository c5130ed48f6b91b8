"""The feed-forward matrices of a layer, from a checkpoint's file or in an instantiated model, as `d_ff x d_model`."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor, nn

from tensorllm_core.errors import CheckpointError
from tensorllm_core.models.checkpoint import Checkpoint, read_matrix
from tensorllm_core.models.dense import cut_dense, feed_forward_names, join_dense, require_feed_forward
from tensorllm_core.models.editing import parameters_of, write_parameters
from tensorllm_core.models.family import Family

__all__ = ["read_feed_forward", "read_module_feed_forward", "write_module_feed_forward"]


def read_feed_forward(
    checkpoint: Checkpoint, layer: int, device: torch.device | str = "cpu"
) -> dict[str, Float[Tensor, "d_ff d_model"]]:
    """A layer's feed-forward matrices in float32, reading the bytes of that layer only.

    Raises:
        LayerError: the model has no such layer.
        CheckpointError: the family has no single feed-forward part, or a matrix is missing, of an impossible shape,
            not of floating point or not finite.
    """
    checkpoint.check_layer(layer)
    require_feed_forward(checkpoint.family)
    found: dict[str, Tensor] = {}
    for dense in checkpoint.family.feed_forward:
        name = checkpoint.location.name(layer, dense.path)
        entry = checkpoint.tensors.get(name)
        if entry is None:
            raise CheckpointError(f"Expected the tensor `{name}`, got none; copy or download the model again.")
        found |= cut_dense(dense, read_matrix(checkpoint.storage, entry).to(device), checkpoint.d_model)
    return found


def read_module_feed_forward(model: nn.Module, family: Family, layer: int) -> dict[str, Float[Tensor, "d_ff d_model"]]:
    """A copy of a layer's feed-forward matrices in float32, on the model's device.

    Raises:
        LayerError: the model has no such layer.
        CheckpointError: the model is not of this family, or the family has no single feed-forward part.
    """
    require_feed_forward(family)
    paths = [dense.path for dense in family.feed_forward]
    parameters, sizes = parameters_of(model, family, layer, paths)
    found: dict[str, Tensor] = {}
    for dense in family.feed_forward:
        found |= cut_dense(dense, parameters[dense.path].detach().to(torch.float32, copy=True), sizes.d_model)
    return found


def write_module_feed_forward(
    model: nn.Module, family: Family, layer: int, matrices: Mapping[str, Float[Tensor, "d_ff d_model"]]
) -> None:
    """Write all feed-forward matrices of a layer into the model in place, in the model's dtype; biases stay.

    Raises:
        LayerError: the model has no such layer.
        CheckpointError: the model is not of this family, or a matrix is missing or has another shape.
    """
    require_feed_forward(family)
    if missing := set(feed_forward_names(family)) - set(matrices):
        raise CheckpointError(f"Expected the matrix `{min(missing)}` of the layer, got none; give all of them.")
    parameters, _ = parameters_of(model, family, layer, [dense.path for dense in family.feed_forward])
    write_parameters(parameters, {dense.path: join_dense(dense, matrices) for dense in family.feed_forward})
