"""Change weights of an instantiated model for a while; the original weights always come back."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor, nn

from tensorllm_core.errors import CheckpointError, LayerError
from tensorllm_core.models.family import Family
from tensorllm_core.models.loaded_model import LoadedModel
from tensorllm_core.models.module_weights import (
    attention_parameters,
    module_weight_names,
    parameters_at,
    write_parameters,
)
from tensorllm_core.models.patterns import join, join_dense, split_dense
from tensorllm_core.models.sizes import AttentionSizes
from tensorllm_core.types import AttentionWeights

__all__ = ["Edit", "edited"]


@dataclass(frozen=True)
class Edit:
    """What to change in a model, by layer; all other weights stay as they are.

    `replacements` holds new attention weights. The attention of the layers in `removed` adds nothing at all.
    `feed_forward` holds new feed-forward matrices by the names that the family gives them.
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
    """Give the model with an edit, under its lock, to the block of a `with` statement.

    The attention of a removed layer gives zero, so its output bias adds nothing either; all other biases stay. Layers
    that share their weights change together. However the block ends, the original weights come back bit by bit. With an
    empty edit the block gets the original model, and nobody else can edit it meanwhile.

    Raises:
        LayerError: the model has no such layer, or two layers that share their weights have a replacement each.
        CheckpointError: a replacement has another shape than the weights of the layer, or the family has no
            feed-forward matrix of that name.
        RequestError: the weights of a layer are not on a device.
    """
    with loaded.lock, ExitStack() as stack:
        family, sizes = loaded.checkpoint.family, loaded.checkpoint.sizes
        for layers in (edit.replacements, edit.feed_forward):
            _check_shared(layers, sizes)
        # A hook takes the attention of each removed layer out.
        for layer in edit.removed:
            output = _output_projection(loaded.model, family, sizes, layer)
            stack.callback(output.register_forward_hook(_zeros).remove)
        # Prepare everything that is to be written, and copy what it replaces.
        writes = [
            (attention_parameters(loaded.model, family, sizes, layer), join(family, weights))
            for layer, weights in edit.replacements.items()
        ]
        writes += [
            _feed_forward_write(loaded.model, family, sizes, layer, matrices)
            for layer, matrices in edit.feed_forward.items()
        ]
        originals = [
            (parameter, parameter.detach().clone()) for parameters, _ in writes for parameter in parameters.values()
        ]
        # Write, run the block, and write the originals back.
        try:
            for parameters, stored in writes:
                write_parameters(parameters, stored)
            yield loaded.model
        finally:
            with torch.no_grad():
                for parameter, original in originals:
                    parameter.copy_(original)


def _check_shared(layers: Collection[int], sizes: AttentionSizes) -> None:
    """Accept at most one replacement for the layers that share one block of weights."""
    first: dict[int, int] = {}
    for layer in sorted(layers):
        other = first.setdefault(sizes.block(layer), layer)
        if other != layer:
            raise LayerError(
                f"Expected one replacement for layers that share their weights, got one for layer {other} and one for "
                f"layer {layer}; choose one of them."
            )


def _output_projection(model: nn.Module, family: Family, sizes: AttentionSizes, layer: int) -> nn.Module:
    names = module_weight_names(model, family, sizes)
    names.check_layer(layer)
    return model.get_submodule(names.name(layer, family.o.path).removesuffix(".weight"))


def _feed_forward_write(
    model: nn.Module, family: Family, sizes: AttentionSizes, layer: int, matrices: Mapping[str, Tensor]
) -> tuple[dict[str, nn.Parameter], dict[str, Tensor]]:
    """The parameters that hold these feed-forward matrices, and what to write there.

    A parameter may hold a second matrix, which stays as it is.
    """
    family.check_feed_forward()
    known = family.feed_forward_names
    if unknown := [name for name in matrices if name not in known]:
        raise CheckpointError(
            f"Expected feed-forward matrices among {', '.join(f'`{name}`' for name in known)}, got `{unknown[0]}`; "
            "choose among them."
        )
    holders = [dense for dense in family.feed_forward if set(dense.names) & set(matrices)]
    parameters = parameters_at(model, family, sizes, layer, [dense.path for dense in holders])
    stored = {}
    for dense in holders:
        before = split_dense(dense, parameters[dense.path].detach(), sizes.d_model)
        after = {name: matrices.get(name, matrix).to(matrix) for name, matrix in before.items()}
        stored[dense.path] = join_dense(dense, after)
    return parameters, stored


def _zeros(_module: nn.Module, _inputs: tuple, output: Tensor) -> Tensor:
    return torch.zeros_like(output)
