"""A family's feed-forward matrices between the way they are stored and `d_ff x d_model`."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from tensorllm_core.errors import CheckpointError
from tensorllm_core.models.family import Dense, Family, reverse

__all__ = ["cut_dense", "feed_forward_names", "join_dense", "require_feed_forward"]

_FUSED = 2


def feed_forward_names(family: Family) -> tuple[str, ...]:
    """What the family's feed-forward matrices are called, in order; empty where experts take their place.

    >>> from tensorllm_core.models.families import FAMILIES
    >>> feed_forward_names(FAMILIES["phi3"])
    ('gate', 'up', 'down')
    """
    return tuple(name for dense in family.feed_forward for name in dense.names)


def cut_dense(dense: Dense, stored: Tensor, d_model: int) -> dict[str, Float[Tensor, "d_ff d_model"]]:
    """The matrices that one stored matrix holds, by name.

    Raises:
        CheckpointError: it has an impossible shape.
    """
    if stored.ndim != 2 or stored.numel() % (d_model * len(dense.names)) or d_model not in stored.shape:
        raise CheckpointError(
            f"Expected `{dense.path}` with {d_model} on one side, got shape {tuple(stored.shape)}; give the config "
            "that belongs to these weights."
        )
    if len(dense.names) == _FUSED:
        cut = rearrange(stored, dense.pattern, part=_FUSED)
        return dict(zip(dense.names, cut, strict=True))
    return {dense.names[0]: rearrange(stored, dense.pattern)}


def join_dense(dense: Dense, matrices: Mapping[str, Float[Tensor, "d_ff d_model"]]) -> Tensor:
    """The stored matrix; the exact inverse of `cut_dense`."""
    found = [matrices[name] for name in dense.names]
    return reverse(dense.pattern, torch.stack(found) if len(found) == _FUSED else found[0])


def require_feed_forward(family: Family) -> None:
    """Refuse a family whose layers have many feed-forward parts.

    Raises:
        CheckpointError: it has.
    """
    if not family.feed_forward:
        raise CheckpointError(
            f"Expected a model with one feed-forward part per layer, got the family `{family.name}`, whose layers have "
            "several experts; choose its attention, or another model."
        )
