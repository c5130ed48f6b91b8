"""The names that a family's weights have in a checkpoint or a model, with or without the prefix of the base model."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tensorllm_core.errors import CheckpointError, LayerError
from tensorllm_core.models.family import Family
from tensorllm_core.models.layers import check_layer, numbers_text
from tensorllm_core.models.sizes import AttentionSizes

__all__ = ["WeightNames", "find_weights"]


@dataclass(frozen=True)
class WeightNames:
    """The full name of each weight: `{prefix}{blocks}.{block}.{path}.weight`.

    Layers that share their weights share the names too. `layers` are the layers that have attention, in order.
    """

    family: Family
    prefix: str
    sizes: AttentionSizes
    layers: Sequence[int]

    def check_layer(self, layer: int) -> None:
        """Accept a layer with attention.

        Raises:
            LayerError: the model has no such layer, or it has no attention.
        """
        check_layer(layer, self.sizes.layers)
        if layer not in self.layers:
            raise LayerError(
                f"Expected a layer with attention ({numbers_text(self.layers)}), got {layer}, which is one of the "
                f"{self.family.without_attention}; choose one of them."
            )

    def name(self, layer: int, path: str) -> str:
        """The name of the weight of a layer at a path of the family."""
        return f"{self.prefix}{self.family.blocks}.{self.sizes.block(layer)}.{path}.weight"

    def attention(self, layer: int) -> dict[str, str]:
        """The names of all attention weights of a layer, by path."""
        return {matrix.path: self.name(layer, matrix.path) for matrix in self.family.matrices}


def find_weights(family: Family, names: Iterable[str], sizes: AttentionSizes) -> WeightNames:
    """The names of the family's weights among these tensor names.

    The output projection of the first block gives the prefix. Where a family has layers without attention, a layer has
    attention if any of its attention weights is there.

    Raises:
        CheckpointError: no tensor is the family's output projection, or several with different prefixes are; or a
            weight of a layer is there under two names.

    >>> from tensorllm_core.models.families import FAMILIES
    >>> sizes = AttentionSizes(layers=1, heads=1, groups=1, d_model=2, d_head=2, blocks=1)
    >>> find_weights(FAMILIES["llama"], ["model.layers.0.self_attn.o_proj.weight"], sizes).prefix
    'model.'
    """
    names = list(names)
    expected = f"{family.blocks}.0.{family.o.path}.weight"
    block = r"\d+" if family.without_attention else "0"
    pattern = re.compile(rf"(.*\.)?{re.escape(family.blocks)}\.{block}\.{re.escape(family.o.path)}\.weight")
    prefixes = sorted({match[1] or "" for name in names if (match := pattern.fullmatch(name))})
    if not prefixes:
        raise CheckpointError(
            f"Expected a tensor named `{expected}` (with or without a prefix) as in family `{family.name}`, got "
            "none; give a complete checkpoint of this architecture."
        )
    if len(prefixes) > 1:
        raise CheckpointError(
            f"Expected one tensor named `{expected}`, got it under the prefixes "
            f"{', '.join(f'`{prefix}`' for prefix in prefixes)}; give a checkpoint of one model."
        )
    _check_once(names, f"{prefixes[0]}{family.blocks}.")
    return WeightNames(family, prefixes[0], sizes, _with_attention(family, prefixes[0], set(names), sizes))


def _check_once(names: Iterable[str], start: str) -> None:
    """Accept names of which none is that of a layer's weight with or without a part of its prefix."""
    all_names = set(names)
    for name in all_names:
        parts = name.split(".")
        for tail in (".".join(parts[place:]) for place in range(1, len(parts))):
            if tail in all_names and (name.startswith(start) or tail.startswith(start)):
                raise CheckpointError(
                    f"Expected every weight once, got `{tail}` and `{name}`, of which only one is loaded; give a "
                    "checkpoint of one model."
                )


def _with_attention(family: Family, prefix: str, names: set[str], sizes: AttentionSizes) -> Sequence[int]:
    """The layers that have attention."""
    # By the names, not by the number of layers: that is what a config says, and may be anything.
    paths = "|".join(re.escape(matrix.path) for matrix in family.matrices)
    pattern = re.compile(rf"{re.escape(prefix)}{re.escape(family.blocks)}\.(\d{{1,6}})\.(?:{paths})\.weight")
    found = {int(match[1]) for name in names if (match := pattern.fullmatch(name))}
    last = f"{prefix}{family.blocks}.{sizes.layers - 1}."
    too_few = bool(family.without_attention) and not any(name.startswith(last) for name in names)
    if too_few or not found or max(found) >= sizes.blocks:
        raise CheckpointError(
            f"Expected the tensors of {sizes.layers} layers as config.json declares, got others; give the config that "
            "belongs to these weights."
        )
    return tuple(sorted(found)) if family.without_attention else range(sizes.layers)
