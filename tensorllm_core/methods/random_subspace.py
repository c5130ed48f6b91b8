"""The control for every shared subspace: a random one of the same ranks, which knows nothing of the weights."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from einops import einsum

from tensorllm_core.linalg.rank_choice import check_ranks
from tensorllm_core.methods.method import Compressed
from tensorllm_core.methods.tensorise import tensorise
from tensorllm_core.methods.tensorllm import from_tucker
from tensorllm_core.types import AttentionWeights, Layout, Ranks, Tucker

__all__ = ["RandomSubspace"]


@dataclass(frozen=True)
class RandomSubspace:
    """The weights as seen from random orthonormal directions: `W x1 U1 U1^T x2 U2 U2^T x3 U3 U3^T`."""

    ranks: Ranks
    layout: Layout = Layout.PAPER
    seed: int = 0

    def compress(self, weights: AttentionWeights) -> Compressed:
        """Project a layer onto random directions; the same seed gives the same ones."""
        tensor = tensorise(weights, self.layout)
        check_ranks(tensor.shape, self.ranks)
        generator = torch.Generator().manual_seed(self.seed)
        u1, u2, u3 = (
            torch.linalg.qr(torch.randn(size, rank, generator=generator, dtype=torch.float64)).Q.to(tensor.data)
            for size, rank in zip(tensor.shape[:3], self.ranks, strict=True)
        )
        core = einsum(
            tensor.data, u1, u2, u3, "d_model d_head part group, d_model r1, d_head r2, part r3 -> r1 r2 r3 group"
        )
        return from_tucker(tensor, Tucker(core, u1, u2, u3))
