"""Find a family's attention weights among tensor names, with or without the prefix of the base model."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tensorllm_core.errors import CheckpointError, LayerError
from tensorllm_core.models.family import Family
from tensorllm_core.models.sizes import AttentionSizes

__all__ = ["Location", "check_layer", "locate"]


@dataclass(frozen=True)
class Location:
    """The full name of each weight: `{prefix}{blocks}.{block}.{path}.weight`; layers that share weights share names."""

    family: Family
    prefix: str
    sizes: AttentionSizes

    def name(self, layer: int, path: str) -> str:
        """Name of the weight at a path of the family in a layer."""
        return f"{self.prefix}{self.family.blocks}.{self.sizes.block(layer)}.{path}.weight"

    def names(self, layer: int) -> dict[str, str]:
        """Names of all attention weights of a layer, by path."""
        return {matrix.path: self.name(layer, matrix.path) for matrix in self.family.matrices}


def locate(family: Family, names: Iterable[str], sizes: AttentionSizes) -> Location:
    """Where the family's weights stand among these tensor names.

    Raises:
        CheckpointError: none of the names is the family's output projection, or several prefixes fit.

    >>> from tensorllm_core.models.families import FAMILIES
    >>> sizes = AttentionSizes(layers=1, heads=1, groups=1, d_model=2, d_head=2, blocks=1)
    >>> locate(FAMILIES["llama"], ["model.layers.0.self_attn.o_proj.weight"], sizes).prefix
    'model.'
    """
    wanted = re.compile(rf"(.*\.)?{re.escape(family.blocks)}\.0\.{re.escape(family.o.path)}\.weight")
    found = {match[1] or "" for name in names if (match := wanted.fullmatch(name))}
    looked_for = f"{family.blocks}.0.{family.o.path}.weight"
    if not found:
        raise CheckpointError(
            f"Expected a tensor named `{looked_for}` (with or without a prefix) as in family `{family.name}`, got "
            "none; give a complete checkpoint of this architecture."
        )
    if len(found) > 1:
        prefixes = ", ".join(f"`{prefix}`" for prefix in sorted(found))
        raise CheckpointError(
            f"Expected one tensor named `{looked_for}`, got it under the prefixes {prefixes}; give a checkpoint of "
            "one model."
        )
    return Location(family, found.pop(), sizes)


def check_layer(layer: int, layers: int) -> None:
    """Accept a layer from 0 to layers - 1.

    Raises:
        LayerError: any other.

    >>> check_layer(3, 4)
    """
    if not 0 <= layer < layers:
        raise LayerError(f"Expected a layer from 0 to {layers - 1}, got {layer}; choose one of them.")
