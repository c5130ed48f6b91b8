"""The full orthonormal basis of each compressed mode: the eigenvectors of the Gram matrix of its unfolding.

An unfolding with more rows than columns first goes through a QR decomposition. The columns of the basis are then
exactly orthonormal, and they span the columns of the unfolding and no more.
"""

from __future__ import annotations

import torch
from einops import einsum, rearrange
from jaxtyping import Float, Float64
from torch import Tensor

from tensorllm_core.linalg.eigenvectors import Report, eigenvectors
from tensorllm_core.linalg.products import row_blocks, row_products

__all__ = ["fix_signs", "gram", "orthogonal_basis"]

_ROWS = 256
"""How many rows of the triangle of a large Gram matrix are computed between two reports."""
_GRAM = 0.3
"""The share of the work on the basis of mode 1 that is done when the Gram matrix is."""
_UNFOLDINGS = {
    1: "d_model d_head part group -> d_model (d_head part group)",
    2: "d_model d_head part group -> d_head (d_model part group)",
    3: "d_model d_head part group -> part (d_model d_head group)",
}


def orthogonal_basis(
    tensor: Float[Tensor, "d_model d_head part group"], mode: int, report: Report = lambda share: None
) -> Float[Tensor, "side k"]:
    """Orthonormal directions of mode 1, 2 or 3, strongest first; k = min(side, product of the other sides).

    Only the work on mode 1 has reports, of the share of it that is done; what `report` raises ends the work.
    """
    side = tensor.shape[mode - 1]
    if side * side > tensor.numel():
        orthonormal, triangle = torch.linalg.qr(rearrange(tensor, _UNFOLDINGS[mode]))
        basis = orthonormal @ eigenvectors(row_products(triangle, triangle)).to(tensor.dtype)
    elif mode == 1:
        triangle = _first_gram(tensor, lambda share: report(_GRAM * share))
        basis = eigenvectors(triangle, lambda share: report(_GRAM + (1 - _GRAM) * share)).to(tensor.dtype)
        report(1.0)
    else:
        basis = eigenvectors(gram(tensor, mode)).to(tensor.dtype)
    return fix_signs(basis)[0]


def gram(tensor: Float[Tensor, "d_model d_head part group"], mode: int) -> Float64[Tensor, "side side"]:
    """The Gram matrix of mode 2 or 3, both of which are short; summed in float64 over blocks of rows of mode 1.

    >>> gram(torch.ones(2, 1, 2, 1), 3).tolist()
    [[2.0, 2.0], [2.0, 2.0]]
    """
    side = tensor.shape[mode - 1]
    total = tensor.new_zeros(side, side, dtype=torch.float64)
    for block in row_blocks(tensor):
        if mode == 2:
            unfolding = rearrange(block, _UNFOLDINGS[2])
            total += row_products(unfolding, unfolding)
        else:
            # A product of few, very long rows is inaccurate in float32. Each group has rows of its own here, which are
            # shorter, and the sum over groups is in float64.
            columns = rearrange(block, "d_model d_head part group -> (part group) (d_model d_head)")
            products = rearrange(row_products(columns, columns), "(p g) (q h) -> p g q h", p=side, q=side)
            total += einsum(products.double(), "p g q g -> p q")
    return total


def fix_signs(basis: Float[Tensor, "side k"]) -> tuple[Float[Tensor, "side k"], Float[Tensor, " k"]]:
    """Flip directions, in place, so that the largest entry of each is positive; gives the basis and the signs.

    A direction has no sign of its own. With this rule the same weights always give the same picture.

    >>> fix_signs(torch.tensor([[1.0, 0.6], [0.0, -0.8]]))[0].tolist()
    [[1.0, -0.6000000238418579], [0.0, 0.800000011920929]]
    """
    signs = basis.gather(0, basis.abs().argmax(dim=0, keepdim=True)).sign()[0]
    return basis.mul_(signs), signs


def _first_gram(tensor: Float[Tensor, "d_model d_head part group"], report: Report) -> Float[Tensor, "d_model d_model"]:
    """The lower triangle of the Gram matrix of mode 1; the unfolding of mode 1 needs no copy of the tensor."""
    unfolding = rearrange(tensor, _UNFOLDINGS[1])
    triangle = unfolding.new_zeros(len(unfolding), len(unfolding))
    # Row by row of blocks: what stands above the diagonal block is never needed.
    for start in range(0, len(unfolding), _ROWS):
        stop = min(start + _ROWS, len(unfolding))
        triangle[start:stop, :stop] = row_products(unfolding[start:stop], unfolding[:stop])
        report((stop / len(unfolding)) ** 2)
    return triangle
