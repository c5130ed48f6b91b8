"""Read and replace the attention weights of an instantiated model; replacements are always taken out again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from tensorllm_core.errors import CheckpointError, LayerError, RequestError
from tensorllm_core.models.dense import cut_dense, feed_forward_names, join_dense, require_feed_forward
from tensorllm_core.models.family import Family, join, split
from tensorllm_core.models.locate import check_layer, locate
from tensorllm_core.models.opening import LoadedModel
from tensorllm_core.models.sizes import AttentionSizes
from tensorllm_core.types import AttentionWeights

__all__ = ["Edit", "edited", "parameters_of", "read_module_attention", "write_module_attention", "write_parameters"]


@dataclass(frozen=True)
class Edit:
    """What to change in a model, by layer.

    Attention weights, layers whose attention adds nothing at all, and feed-forward matrices by name; those that are
    not named stay as they are.
    """

    replacements: Mapping[int, AttentionWeights] = field(default_factory=dict)
    removed: frozenset[int] = frozenset()
    feed_forward: Mapping[int, Mapping[str, Float[Tensor, "d_ff d_model"]]] = field(default_factory=dict)

    @property
    def layers(self) -> tuple[int, ...]:
        """The layers that are changed, in order.

        >>> Edit(removed=frozenset({3, 1})).layers
        (1, 3)
        """
        return tuple(sorted({*self.replacements, *self.removed, *self.feed_forward}))


@contextmanager
def edited(loaded: LoadedModel, edit: Edit) -> Iterator[nn.Module]:
    """Run a model with the weights of some layers replaced or their attention removed, under its lock; biases stay.

    A removed layer's attention output is zero, its biases' share included. The original weights come back bit by
    bit when the block ends, however it ends. An empty edit runs the original model, safe from edits of others.
    Layers that share weights are changed together.

    Raises:
        LayerError: the model has no such layer, or one block of weights is replaced for two layers.
        CheckpointError: a replacement's shape is not the layer's, or the family has no such feed-forward matrix.
    """
    with loaded.lock, ExitStack() as stack:
        family, sizes = loaded.checkpoint.family, loaded.checkpoint.sizes
        for layers in (edit.replacements, edit.feed_forward):
            _check_shared(layers, sizes)
        for layer in edit.removed:
            output = loaded.model.get_submodule(_module_name(loaded.model, family, sizes, layer))
            stack.callback(output.register_forward_hook(_nothing).remove)
        writings = [
            (_parameters(loaded.model, family, sizes, layer), join(family, weights))
            for layer, weights in edit.replacements.items()
        ]
        writings += [
            _feed_forward(loaded.model, family, sizes, layer, named) for layer, named in edit.feed_forward.items()
        ]
        originals = [(parameter, parameter.detach().clone()) for found, _ in writings for parameter in found.values()]
        try:
            for parameters, stored in writings:
                write_parameters(parameters, stored)
            yield loaded.model
        finally:
            with torch.no_grad():
                for parameter, original in originals:
                    parameter.copy_(original)


def read_module_attention(model: nn.Module, family: Family, layer: int) -> AttentionWeights:
    """A copy of a layer's attention weights in float32, on the model's device.

    Raises:
        LayerError: the model has no such layer.
        CheckpointError: the model is not of this family.
    """
    sizes = _sizes(model, family)
    parameters = _parameters(model, family, sizes, layer)
    stored = {path: parameter.detach().to(torch.float32, copy=True) for path, parameter in parameters.items()}
    return split(family, stored, sizes)


def write_module_attention(model: nn.Module, family: Family, layer: int, weights: AttentionWeights) -> None:
    """Write a layer's attention weights into the model in place, in the model's dtype; biases stay.

    Raises:
        LayerError: the model has no such layer.
        CheckpointError: the model is not of this family, or the weights have other shapes.
    """
    write_parameters(_parameters(model, family, _sizes(model, family), layer), join(family, weights))


def parameters_of(
    model: nn.Module, family: Family, layer: int, paths: Iterable[str]
) -> tuple[dict[str, nn.Parameter], AttentionSizes]:
    """The weights at these paths below a layer's block, and the sizes of the model.

    Raises:
        LayerError: the model has no such layer.
        CheckpointError: the model is not of this family.
    """
    sizes = _sizes(model, family)
    return _named(model, family, sizes, layer, paths), sizes


def write_parameters(parameters: Mapping[str, nn.Parameter], stored: Mapping[str, Tensor]) -> None:
    """Write weights, by path below their block, into a model in place, in the model's dtype.

    Raises:
        CheckpointError: a weight has another shape.
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


def _check_shared(layers: Collection[int], sizes: AttentionSizes) -> None:
    first: dict[int, int] = {}
    for layer in sorted(layers):
        other = first.setdefault(sizes.block(layer), layer)
        if other != layer:
            raise LayerError(
                f"Expected one replacement for layers that share their weights, got one for layer {other} and one for "
                f"layer {layer}; choose one of them."
            )


def _sizes(model: nn.Module, family: Family) -> AttentionSizes:
    config: Any = model.config
    return family.size_names.read(config.to_dict())


def _parameters(model: nn.Module, family: Family, sizes: AttentionSizes, layer: int) -> dict[str, nn.Parameter]:
    return _named(model, family, sizes, layer, [matrix.path for matrix in family.matrices])


def _feed_forward(
    model: nn.Module, family: Family, sizes: AttentionSizes, layer: int, matrices: Mapping[str, Tensor]
) -> tuple[dict[str, nn.Parameter], dict[str, Tensor]]:
    """The parameters that hold these matrices, and what to write there; a matrix beside them in one stays."""
    require_feed_forward(family)
    known = feed_forward_names(family)
    if unknown := [name for name in matrices if name not in known]:
        raise CheckpointError(
            f"Expected feed-forward matrices of {', '.join(f'`{name}`' for name in known)}, got `{unknown[0]}`; choose "
            "among them."
        )
    touched = [dense for dense in family.feed_forward if set(dense.names) & set(matrices)]
    parameters = _named(model, family, sizes, layer, [dense.path for dense in touched])
    stored = {}
    for dense in touched:
        kept = cut_dense(dense, parameters[dense.path].detach(), sizes.d_model)
        stored[dense.path] = join_dense(dense, {name: matrices.get(name, kept[name]).to(kept[name]) for name in kept})
    return parameters, stored


def _named(
    model: nn.Module, family: Family, sizes: AttentionSizes, layer: int, paths: Iterable[str]
) -> dict[str, nn.Parameter]:
    check_layer(layer, sizes.layers)
    named = dict(model.named_parameters())
    location = locate(family, named, sizes)
    found = {path: named[location.name(layer, path)] for path in paths}
    if any(parameter.is_meta for parameter in found.values()):
        raise RequestError(
            f"Expected the weights of layer {layer} on a device, got them put away for want of room; choose a smaller "
            "type of weights, or a layer further down."
        )
    return found


def _module_name(model: nn.Module, family: Family, sizes: AttentionSizes, layer: int) -> str:
    """Name of a layer's output projection."""
    check_layer(layer, sizes.layers)
    named = dict(model.named_parameters())
    return locate(family, named, sizes).name(layer, family.o.path).removesuffix(".weight")


def _nothing(_module: nn.Module, _inputs: tuple, output: Tensor) -> Tensor:
    return torch.zeros_like(output)
