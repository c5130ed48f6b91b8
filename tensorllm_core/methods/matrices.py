"""The matrices of a layer as a whole, by name: Q, K, V, O as `d_model x (d_head head)`, and the feed-forward ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from tensorllm_core.errors import RequestError
from tensorllm_core.methods.method import Replacement
from tensorllm_core.types import AttentionWeights, LayerWeights

__all__ = ["ATTENTION_MATRICES", "FEED_FORWARD", "check_names", "needs_feed_forward", "put_back", "select_matrices"]

ATTENTION_MATRICES = ("Q", "K", "V", "O")
FEED_FORWARD = "feed-forward"
"""In place of names: all the feed-forward matrices that a family has."""


def check_names(names: Sequence[str], known: Sequence[str], kind: str = "matrices") -> None:
    """Refuse names that are not known; the error calls them by their `kind`.

    Raises:
        RequestError: an unknown name, a name twice, or no name at all.

    >>> check_names(["Q", "V"], ATTENTION_MATRICES)
    """
    unknown = [name for name in names if name not in known]
    if unknown or not names or len(set(names)) != len(names):
        came = ", ".join(f"`{name}`" for name in names) or "none"
        raise RequestError(
            f"Expected {kind} among {', '.join(f'`{name}`' for name in known)}, each once, got {came}; choose among "
            "them."
        )


def needs_feed_forward(names: Sequence[str]) -> bool:
    """Whether one of the names is that of a feed-forward matrix.

    >>> needs_feed_forward(["Q", "up"]), needs_feed_forward(ATTENTION_MATRICES)
    (True, False)
    """
    return any(name not in ATTENTION_MATRICES for name in names)


def select_matrices(weights: LayerWeights, names: Sequence[str]) -> dict[str, Float[Tensor, "rows columns"]]:
    """Matrices by name; those of the feed-forward part are `d_ff x d_model`.

    Raises:
        RequestError: the layer has no such matrix, or its attention is not among the weights.
    """
    if tuple(names) == (FEED_FORWARD,):
        names = tuple(weights.feed_forward) or (FEED_FORWARD,)
    matrices = {}
    if weights.attention is not None:
        for name in ATTENTION_MATRICES:
            by_head = getattr(weights.attention, name.lower())
            matrices[name] = rearrange(by_head, "d_model d_head head -> d_model (head d_head)")
    matrices |= weights.feed_forward
    kind = "matrices" if weights.attention is not None else "feed-forward matrices"
    check_names(names, tuple(matrices), f"{kind} of this model")
    return {name: matrices[name] for name in names}


def put_back(weights: LayerWeights, rebuilt: Mapping[str, Float[Tensor, "rows columns"]]) -> Replacement:
    """The replacement of a layer that has these matrices in place of its own."""
    attention: AttentionWeights | None = None
    feed_forward = {}
    for name, matrix in rebuilt.items():
        if name in ATTENTION_MATRICES and weights.attention is not None:
            old = getattr(weights.attention, name.lower())
            new = rearrange(matrix, "d_model (head d_head) -> d_model d_head head", head=old.shape[2]).to(old)
            attention = replace(attention or weights.attention, **{name.lower(): new})
        else:
            feed_forward[name] = matrix.to(weights.feed_forward[name])
    return Replacement(attention, feed_forward)
