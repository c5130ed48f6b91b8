"""The feed-forward matrices of a layer, from a checkpoint's file or in an instantiated model, as `d_ff x d_model`."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from tensorllm_core.errors import CheckpointError
from tensorllm_core.models.checkpoint import Checkpoint, read_matrix
from tensorllm_core.models.editing import parameters_of
from tensorllm_core.models.family import Dense, Family, reverse

__all__ = ["feed_forward_names", "read_feed_forward", "read_module_feed_forward", "write_module_feed_forward"]

_FUSED = 2


def feed_forward_names(family: Family) -> tuple[str, ...]:
    """What the family's feed-forward matrices are called, in order; empty where experts take their place.

    >>> from tensorllm_core.models.families import FAMILIES
    >>> feed_forward_names(FAMILIES["phi3"])
    ('gate', 'up', 'down')
    """
    return tuple(name for dense in family.feed_forward for name in dense.names)


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
    _require(checkpoint.family)
    found: dict[str, Tensor] = {}
    for dense in checkpoint.family.feed_forward:
        name = checkpoint.location.name(layer, dense.path)
        entry = checkpoint.tensors.get(name)
        if entry is None:
            raise CheckpointError(f"Expected the tensor `{name}`, got none; copy or download the model again.")
        found |= _cut(dense, read_matrix(checkpoint.storage, entry).to(device), checkpoint.d_model)
    return found


def read_module_feed_forward(model: nn.Module, family: Family, layer: int) -> dict[str, Float[Tensor, "d_ff d_model"]]:
    """A copy of a layer's feed-forward matrices in float32, on the model's device.

    Raises:
        LayerError: the model has no such layer.
        CheckpointError: the model is not of this family, or the family has no single feed-forward part.
    """
    _require(family)
    paths = [dense.path for dense in family.feed_forward]
    parameters, sizes = parameters_of(model, family, layer, paths)
    found: dict[str, Tensor] = {}
    for dense in family.feed_forward:
        found |= _cut(dense, parameters[dense.path].detach().to(torch.float32, copy=True), sizes.d_model)
    return found


def write_module_feed_forward(
    model: nn.Module, family: Family, layer: int, matrices: Mapping[str, Float[Tensor, "d_ff d_model"]]
) -> None:
    """Write all feed-forward matrices of a layer into the model in place, in the model's dtype; biases stay.

    Raises:
        LayerError: the model has no such layer.
        CheckpointError: the model is not of this family, or a matrix is missing or has another shape.
    """
    _require(family)
    if missing := set(feed_forward_names(family)) - set(matrices):
        raise CheckpointError(f"Expected the matrix `{min(missing)}` of the layer, got none; give all of them.")
    parameters, _ = parameters_of(model, family, layer, [dense.path for dense in family.feed_forward])
    stored = {dense.path: _stored(dense, matrices) for dense in family.feed_forward}
    for path, parameter in parameters.items():
        if stored[path].shape != parameter.shape:
            raise CheckpointError(
                f"Expected weights of shape {tuple(parameter.shape)} for `{path}`, got {tuple(stored[path].shape)}; "
                "give the weights of a layer of this model."
            )
    with torch.no_grad():
        for path, parameter in parameters.items():
            parameter.copy_(stored[path])


def _cut(dense: Dense, stored: Tensor, d_model: int) -> dict[str, Tensor]:
    if stored.ndim != 2 or stored.numel() % (d_model * len(dense.names)) or d_model not in stored.shape:
        raise CheckpointError(
            f"Expected `{dense.path}` with {d_model} on one side, got shape {tuple(stored.shape)}; give the config "
            "that belongs to these weights."
        )
    if len(dense.names) == _FUSED:
        cut = rearrange(stored, dense.pattern, part=_FUSED)
        return dict(zip(dense.names, cut, strict=True))
    return {dense.names[0]: rearrange(stored, dense.pattern)}


def _stored(dense: Dense, matrices: Mapping[str, Tensor]) -> Tensor:
    found = [matrices[name] for name in dense.names]
    return reverse(dense.pattern, torch.stack(found) if len(found) == _FUSED else found[0])


def _require(family: Family) -> None:
    if not family.feed_forward:
        raise CheckpointError(
            f"Expected a model with one feed-forward part per layer, got the family `{family.name}`, whose layers have "
            "several experts; choose its attention, or another model."
        )
