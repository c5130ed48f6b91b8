"""The squared error of every slice (part, group) at any ranks, from cumulative products of the slices of the core.

Seen in the bases of modes 1 and 2, slice (p, g) of the tensor is the core of group g with the row `U3[p]` applied to
its third axis. So the energy of the slice inside a block of modes 1 and 2 is the quadratic form `U3[p] A U3[p]`, with
`A[c, d] = sum of core[a, b, c, g] core[a, b, d, g] over the block`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from einops import einsum, rearrange
from jaxtyping import Float, Float64, Int64
from torch import Tensor

from tensorllm_core.linalg.hosvd import Hosvd
from tensorllm_core.linalg.products import row_blocks
from tensorllm_core.linalg.slices import SliceErrors
from tensorllm_core.types import Ranks

__all__ = ["PartProducts", "part_products"]

_LARGEST_SHARE = 0.25
"""Memory that the stored cumulative products may take, as a share of the memory of the core."""


@dataclass(frozen=True, eq=False)
class PartProducts:
    """Cumulative products between the parts, stored after every `spacing` rows of mode 1; the rest is summed on demand.

    `stored[i, b]` sums over the leading block of `(i + 1) spacing` rows and b + 1 columns; `full` sums over the whole
    tensor, with what lies outside the directions of a decomposition that has only the leading ones.
    """

    core: Float[Tensor, "k1 k2 k3 group"]
    u3: Float64[Tensor, "part k3"]
    stored: Float64[Tensor, "checkpoint k2 k3 k3 group"]
    spacing: int
    full: Float64[Tensor, "k3 k3 group"]

    def slice_errors(self, ranks: Ranks) -> SliceErrors:
        """Squared error and energy of each slice at these ranks; the ranks must not exceed those of the core."""
        r1, r2, r3 = ranks
        squared_error = self._errors(self._block(r1, r2)[None], r3)[0]
        return SliceErrors(squared_error.cpu().numpy(), self._energy().cpu().numpy())

    def slice_errors_at(
        self, r1: Int64[np.ndarray, " n1"], r2: Int64[np.ndarray, " n2"]
    ) -> tuple[Float64[Tensor, "n1 n2 k3 part group"], Float64[Tensor, "part group"]]:
        """Squared error of each slice at every pair of these ranks, in rising order, and every R3; and its energy."""
        k3, group = self.core.shape[2:]
        columns = torch.from_numpy(r2 - 1).to(self.full.device)
        blocks = self.full.new_empty((len(r1), len(r2), k3, k3, group))
        rank, products = 0, self.stored.new_zeros(self.stored.shape[1:])
        for row, target in enumerate(r1.tolist()):
            # From the rank before, or from a stored sum where one is nearer.
            checkpoint = min(target // self.spacing, len(self.stored))
            if checkpoint * self.spacing > rank:
                rank, products = checkpoint * self.spacing, self.stored[checkpoint - 1]
            products = products + self._products_between(rank, target)
            rank = target
            blocks[row] = products[columns]
        flat = rearrange(blocks, "n1 n2 c d group -> (n1 n2) c d group")
        by_r3 = torch.stack([self._errors(flat, r3) for r3 in range(1, k3 + 1)], dim=1)
        return rearrange(by_r3, "(n1 n2) k3 part group -> n1 n2 k3 part group", n1=len(r1)), self._energy()

    def _errors(self, blocks: Float64[Tensor, "n k3 k3 group"], r3: int) -> Float64[Tensor, "n part group"]:
        """Squared error of each slice, given the products inside some blocks of modes 1 and 2."""
        dropped = self.u3[:, r3:]
        # Outside the block all energy is lost. Inside it, only the energy in the dropped directions of mode 3 is lost.
        kept = _quadratic(self.u3, blocks) - _quadratic(dropped, blocks[:, r3:, r3:])
        return (self._energy() - kept).clamp_(min=0.0)

    def _energy(self) -> Float64[Tensor, "part group"]:
        return _quadratic(self.u3, self.full[None])[0]

    def _products_between(self, start: int, stop: int) -> Float64[Tensor, "k2 k3 k3 group"]:
        """The products summed over some rows, and over the first 1, 2 ... k2 columns."""
        products = self.stored.new_zeros(self.stored.shape[1:])
        if start < stop:
            for block in row_blocks(self.core[start:stop]):
                rows = block.double()
                products += einsum(rows, rows, "a b c group, a b d group -> b c d group")
        return products.cumsum_(dim=0)

    def _block(self, r1: int, r2: int) -> Float64[Tensor, "k3 k3 group"]:
        """The products summed over the leading `r1 x r2` block of modes 1 and 2."""
        # Start with the last stored sum inside the block, then add the rows that follow it.
        checkpoint = min(r1 // self.spacing, len(self.stored))
        products = self.stored[checkpoint - 1, r2 - 1].clone() if checkpoint else torch.zeros_like(self.full)
        if checkpoint * self.spacing < r1:
            for block in row_blocks(self.core[checkpoint * self.spacing : r1, :r2]):
                rows = block.double()
                products += einsum(rows, rows, "a b c group, a b d group -> c d group")
        return products


def part_products(decomposition: Hosvd) -> PartProducts:
    """Sum the products once over the core, and store as many sums on the way as the memory allows."""
    # Choose after how many rows a sum is stored; a core with too little room stores none.
    core = decomposition.core
    k1, k2, k3, group = core.shape
    most_bytes = _LARGEST_SHARE * core.numel() * core.element_size()
    checkpoints = min(k1, int(most_bytes // (8 * k2 * k3 * k3 * group)))
    spacing = -(-k1 // checkpoints) if checkpoints else k1 + 1
    stored = core.new_empty((k1 // spacing, k2, k3, k3, group), dtype=torch.float64)
    # Sum over rows, column by column; a stored sum is cumulative over the columns too.
    sums = core.new_zeros((k2, k3, k3, group), dtype=torch.float64)
    for index, between in enumerate(core.split(spacing)):
        for block in row_blocks(between):
            rows = block.double()
            sums += einsum(rows, rows, "a b c group, a b d group -> b c d group")
        if index < len(stored):
            torch.cumsum(sums, dim=0, out=stored[index])
    full = sums.sum(0)
    if decomposition.rest is not None:
        full += decomposition.rest.products
    return PartProducts(core, decomposition.u3.double(), stored, spacing, full)


def _quadratic(
    rows: Float64[Tensor, "part k"], products: Float64[Tensor, "n k k group"]
) -> Float64[Tensor, "n part group"]:
    """The quadratic form `row A row` for each block of products, row and group."""
    return einsum(rows, products, rows, "part c, n c d group, part d -> n part group")
