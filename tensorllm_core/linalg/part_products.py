"""Squared errors of every slice (part, group) at any ranks, from cumulative products of the core's part slices.

In the basis of mode 3, slice (p, g) of the tensor is the row U3[p] applied to the core's part axis, so its
energy inside a block of modes 1 and 2 is the quadratic form `U3[p] A U3[p]`, with
`A[c, d] = sum of core[a, b, c, g] core[a, b, d, g] over the block`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from einops import einsum
from jaxtyping import Float, Float64
from torch import Tensor

from tensorllm_core.linalg.hosvd import Hosvd
from tensorllm_core.linalg.products import row_blocks
from tensorllm_core.types import Ranks

__all__ = ["PartProducts", "part_products"]

_LARGEST_SHARE = 0.25
"""Memory that the cumulative products may take, as a share of the core's."""


@dataclass(frozen=True, eq=False)
class PartProducts:
    """Cumulative part x part products, stored at every `spacing`-th row of mode 1; the rest is summed on demand."""

    core: Float[Tensor, "k1 k2 k3 group"]
    u3: Float64[Tensor, "part k3"]
    stored: Float64[Tensor, "checkpoint k2 k3 k3 group"]
    spacing: int
    full: Float64[Tensor, "k3 k3 group"]

    def slice_energies(
        self, ranks: Ranks
    ) -> tuple[Float64[np.ndarray, "part group"], Float64[np.ndarray, "part group"]]:
        """Squared error and energy of each slice at these ranks; the ranks must lie inside the core."""
        r1, r2, r3 = ranks
        kept = self._block(r1, r2)
        lost = self.u3[:, r3:]
        # Inside the block the error is what the dropped part directions carry; outside it is everything.
        explained = _quadratic(self.u3, kept) - _quadratic(lost, kept[r3:, r3:])
        energy = _quadratic(self.u3, self.full)
        return (energy - explained).clamp_(min=0.0).cpu().numpy(), energy.cpu().numpy()

    def _block(self, r1: int, r2: int) -> Float64[Tensor, "k3 k3 group"]:
        """Products summed over the leading `r1 x r2` block of modes 1 and 2."""
        checkpoint = min(r1 // self.spacing, len(self.stored))
        products = self.stored[checkpoint - 1, r2 - 1].clone() if checkpoint else torch.zeros_like(self.full)
        if checkpoint * self.spacing < r1:
            for block in row_blocks(self.core[checkpoint * self.spacing : r1, :r2]):
                rows = block.double()
                products += einsum(rows, rows, "a b c group, a b d group -> c d group")
        return products


def part_products(decomposition: Hosvd) -> PartProducts:
    """Sum the products once over the core, keeping as many checkpoints as the memory cap allows."""
    core = decomposition.core
    k1, k2, k3, group = core.shape
    cap = _LARGEST_SHARE * core.numel() * core.element_size()
    checkpoints = min(k1, int(cap // (8 * k2 * k3 * k3 * group)))
    spacing = -(-k1 // checkpoints) if checkpoints else k1 + 1
    stored = core.new_empty((k1 // spacing, k2, k3, k3, group), dtype=torch.float64)
    running = core.new_zeros((k2, k3, k3, group), dtype=torch.float64)
    for index, between in enumerate(core.split(spacing)):
        for block in row_blocks(between):
            rows = block.double()
            running += einsum(rows, rows, "a b c group, a b d group -> b c d group")
        if index < len(stored):
            torch.cumsum(running, dim=0, out=stored[index])
    return PartProducts(core, decomposition.u3.double(), stored, spacing, running.sum(0))


def _quadratic(
    rows: Float64[Tensor, "part k"], products: Float64[Tensor, "k k group"]
) -> Float64[Tensor, "part group"]:
    return einsum(rows, products, rows, "part c, c d group, part d -> part group")
