"""What a compression method is: it takes a layer's attention weights and gives their replacement and its cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from tensorllm_core.types import AttentionWeights

__all__ = ["Compressed", "Method"]


@dataclass(frozen=True, eq=False)
class Compressed:
    """A layer's replacement, the entries that it stores, and those that the original stores."""

    weights: AttentionWeights
    stored_entries: int
    original_entries: int


@runtime_checkable
class Method(Protocol):
    """A frozen dataclass of settings that can be used on any layer."""

    def compress(self, weights: AttentionWeights) -> Compressed:
        """The replacement of one layer's attention weights.

        Raises:
            RankError: the settings do not fit this layer's sizes.
            LayoutError: the layout does not apply to this attention.
        """
