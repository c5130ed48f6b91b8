"""The full orthonormal basis of each compressed mode: the eigenvectors of the Gram matrix of its unfolding.

An unfolding with more rows than columns first goes through a QR decomposition. The columns of the basis are then
exactly orthonormal, and they span the columns of the unfolding and no more.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from einops import einsum, rearrange
from jaxtyping import Float, Float64
from torch import Tensor

from tensorllm_core.linalg.eigenvectors import eigenvectors
from tensorllm_core.linalg.products import row_blocks, row_products

__all__ = ["fix_signs", "gram", "orthogonal_basis"]

Report = Callable[[float], None]
"""Called with the share of the Gram matrix that is computed, 0 to 1."""

_ROWS = 256
"""Side of the square blocks from which the triangle of a large Gram matrix is built."""
_UNFOLDINGS = {
    1: "d_model d_head part group -> d_model (d_head part group)",
    2: "d_model d_head part group -> d_head (d_model part group)",
    3: "d_model d_head part group -> part (d_model d_head group)",
}


def orthogonal_basis(
    tensor: Float[Tensor, "d_model d_head part group"], mode: int, report: Report = lambda share: None
) -> Float[Tensor, "side k"]:
    """Orthonormal directions of mode 1, 2 or 3, strongest first; k = min(side, product of the other sides)."""
    side = tensor.shape[mode - 1]
    if side * side > tensor.numel():
        orthonormal, triangle = torch.linalg.qr(rearrange(tensor, _UNFOLDINGS[mode]))
        basis = orthonormal @ eigenvectors(row_products(triangle, triangle)).to(tensor.dtype)
    else:
        basis = eigenvectors(_first_gram(tensor, report) if mode == 1 else gram(tensor, mode)).to(tensor.dtype)
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
    filled = 0

    def fill(start: int, stop: int) -> None:
        """Fill the triangle whose diagonal goes from `start` to `stop`: two smaller triangles and a rectangle."""
        nonlocal filled
        if stop - start <= _ROWS:
            # A small triangle: compute the whole square.
            triangle[start:stop, start:stop] = row_products(unfolding[start:stop], unfolding[start:stop])
            filled += (stop - start) ** 2
        else:
            # Two smaller triangles on the diagonal, then the rectangle below the first and left of the second.
            middle = (start + stop) // 2
            fill(start, middle)
            fill(middle, stop)
            triangle[middle:stop, start:middle] = row_products(unfolding[middle:stop], unfolding[start:middle])
            filled += 2 * (stop - middle) * (middle - start)
        report(filled / len(unfolding) ** 2)

    fill(0, len(unfolding))
    return triangle
