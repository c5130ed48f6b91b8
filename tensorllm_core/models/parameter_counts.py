"""Count the parameters of a checkpoint by their purpose in the model."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from tensorllm_core.models.headers import TensorEntry

__all__ = ["KINDS", "is_buffer", "parameter_counts"]

KINDS = ("embeddings", "attention", "feed-forward", "norms and biases", "other")

_EMBEDDINGS = re.compile(r"(^|\.)(\w*embed\w*|wte|wpe)\.|(^|\.)(lm_head|decoder)\.weight$")
# Some checkpoints store these beside the weights, but they are never trained.
_BUFFERS = re.compile(
    r"(^|\.)(position_ids|token_type_ids|inv_freq|(?:cos|sin)_cached|masked_bias|attn\.bias|attention\.bias)$"
)


def parameter_counts(entries: Iterable[TensorEntry], attention: Collection[str], blocks: str) -> dict[str, int]:
    """How many parameters there are of each kind.

    `attention` holds the names of the attention weights. `blocks` is how the names of all weights inside layers start.
    A matrix outside the layers that is no embedding (a pooler, a transform before the output) counts as `other`.

    >>> entry = TensorEntry("h.0.mlp.weight", "F32", (4, 8), "model.safetensors", 0, 128)
    >>> parameter_counts([entry], (), "h.")
    {'embeddings': 0, 'attention': 0, 'feed-forward': 32, 'norms and biases': 0, 'other': 0}
    """
    counts = dict.fromkeys(KINDS, 0)
    for entry in entries:
        kind = _kind(entry, attention, blocks)
        if kind is not None:
            counts[kind] += entry.entries
    return counts


def is_buffer(name: str) -> bool:
    """Whether a tensor of this name was never trained.

    >>> is_buffer("h.0.attn.bias"), is_buffer("h.0.mlp.c_fc.bias")
    (True, False)
    """
    return _BUFFERS.search(name) is not None


def _kind(entry: TensorEntry, attention: Collection[str], blocks: str) -> str | None:
    """The kind of a tensor; None where it is no parameter."""
    if entry.name in attention:
        return "attention"
    if is_buffer(entry.name):
        return None
    if len(entry.shape) < 2:
        return "norms and biases"
    if entry.name.startswith(blocks):
        return "feed-forward"
    return "embeddings" if _EMBEDDINGS.search(entry.name) else "other"
