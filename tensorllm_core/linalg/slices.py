"""Single slices of a Tucker decomposition, without forming the whole tensor."""

from __future__ import annotations

from einops import einsum
from jaxtyping import Float
from torch import Tensor

from tensorllm_core.types import Tucker

__all__ = ["core_seen_from_part", "reconstruct_slice"]


def core_seen_from_part(tucker: Tucker, part: int) -> Float[Tensor, "r1 r2 group"]:
    """The cores contracted with one row of U3: how each group mixes the shared directions to make that projection.

    >>> import torch
    >>> tucker = Tucker(torch.ones(2, 1, 2, 1), torch.eye(3, 2), torch.eye(1), torch.eye(2))
    >>> core_seen_from_part(tucker, 0).squeeze().tolist()
    [1.0, 1.0]
    """
    return einsum(tucker.core, tucker.u3[part], "r1 r2 r3 group, r3 -> r1 r2 group")


def reconstruct_slice(tucker: Tucker, part: int, group: int) -> Float[Tensor, "d_model d_head"]:
    """One projection of one group as the decomposition gives it back."""
    return einsum(
        core_seen_from_part(tucker, part)[:, :, group],
        tucker.u1,
        tucker.u2,
        "r1 r2, d_model r1, d_head r2 -> d_model d_head",
    )
