"""The names that a family's weights have in a checkpoint or a model, with or without the prefix of the base model."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tensorllm_core.errors import CheckpointError
from tensorllm_core.models.family import Family
from tensorllm_core.models.sizes import AttentionSizes

__all__ = ["WeightNames", "find_weights"]


@dataclass(frozen=True)
class WeightNames:
    """The full name of each weight: `{prefix}{blocks}.{block}.{path}.weight`.

    Layers that share their weights share the names too.
    """

    family: Family
    prefix: str
    sizes: AttentionSizes

    def name(self, layer: int, path: str) -> str:
        """The name of the weight of a layer at a path of the family."""
        return f"{self.prefix}{self.family.blocks}.{self.sizes.block(layer)}.{path}.weight"

    def attention(self, layer: int) -> dict[str, str]:
        """The names of all attention weights of a layer, by path."""
        return {matrix.path: self.name(layer, matrix.path) for matrix in self.family.matrices}


def find_weights(family: Family, names: Iterable[str], sizes: AttentionSizes) -> WeightNames:
    """The names of the family's weights among these tensor names.

    The output projection of the first block gives the prefix.

    Raises:
        CheckpointError: no tensor is the family's output projection, or several with different prefixes are.

    >>> from tensorllm_core.models.families import FAMILIES
    >>> sizes = AttentionSizes(layers=1, heads=1, groups=1, d_model=2, d_head=2, blocks=1)
    >>> find_weights(FAMILIES["llama"], ["model.layers.0.self_attn.o_proj.weight"], sizes).prefix
    'model.'
    """
    expected = f"{family.blocks}.0.{family.o.path}.weight"
    pattern = re.compile(rf"(.*\.)?{re.escape(expected)}")
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
    return WeightNames(family, prefixes[0], sizes)
