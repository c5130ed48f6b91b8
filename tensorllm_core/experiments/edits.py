"""Edits to compare: layers compressed at ranks, and the controls that tell a shared subspace from mere removal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tensorllm_core.methods.method import Method
from tensorllm_core.methods.random_subspace import RandomSubspace
from tensorllm_core.models.editing import Edit
from tensorllm_core.types import AttentionWeights, Layout, Ranks

__all__ = ["PlannedEdit", "compressed", "random_subspace", "removed"]


@dataclass(frozen=True, eq=False)
class PlannedEdit:
    """An edit and what it costs, over all edited layers."""

    edit: Edit
    stored_entries: int
    original_entries: int

    @property
    def compression_ratio(self) -> float:
        """Stored attention weights of the edited layers / entries stored in their place."""
        return self.original_entries / self.stored_entries


def compressed(weights: Mapping[int, AttentionWeights], methods: Mapping[int, Method]) -> PlannedEdit:
    """Every layer compressed by its method.

    Raises:
        RankError, LayoutError: as the methods.
    """
    found = {layer: method.compress(weights[layer]) for layer, method in methods.items()}
    return PlannedEdit(
        Edit({layer: replacement.weights for layer, replacement in found.items()}),
        sum(replacement.stored_entries for replacement in found.values()),
        sum(replacement.original_entries for replacement in found.values()),
    )


def random_subspace(
    weights: Mapping[int, AttentionWeights], ranks: Mapping[int, Ranks], layout: Layout = Layout.PAPER, seed: int = 0
) -> PlannedEdit:
    """The control of the same ranks and size: every layer seen from random directions of its own."""
    return compressed(weights, {layer: RandomSubspace(ranks[layer], layout, seed + layer) for layer in weights})


def removed(layers: tuple[int, ...]) -> Edit:
    """The control that keeps nothing: these layers' attention output is zero."""
    return Edit(removed=frozenset(layers))
