"""Full orthonormal basis of each compressed mode: the eigenvectors of its unfolding's Gram matrix.

An unfolding that is taller than wide goes through its QR decomposition first, so that the basis spans
the column space with exactly orthonormal columns and holds no directions that no weight can reach.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from einops import einsum, rearrange
from jaxtyping import Float, Float64
from torch import Tensor

from tensorllm_core.linalg.products import row_blocks, row_products
from tensorllm_core.linalg.symmetric import eigenvectors

__all__ = ["fix_signs", "gram", "orthogonal_basis"]

Report = Callable[[float], None]
"""Called with the share of the Gram matrix that is done."""

_ROWS = 256
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
    """Gram matrix of mode 2 or 3, whose side is short; unfolded in blocks of rows of mode 1, summed in float64.

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
            # Few and very long rows add up inaccurately: take more and shorter ones, then sum over groups.
            columns = rearrange(block, "d_model d_head part group -> (part group) (d_model d_head)")
            products = rearrange(row_products(columns, columns), "(p g) (q h) -> p g q h", p=side, q=side)
            total += einsum(products.double(), "p g q g -> p q")
    return total


def fix_signs(basis: Float[Tensor, "side k"]) -> tuple[Float[Tensor, "side k"], Float[Tensor, " k"]]:
    """The basis, in place, with the largest entry of each direction positive, and the sign that each was given.

    So the same weights always give the same picture.

    >>> fix_signs(torch.tensor([[1.0, 0.6], [0.0, -0.8]]))[0].tolist()
    [[1.0, -0.6000000238418579], [0.0, 0.800000011920929]]
    """
    signs = basis.gather(0, basis.abs().argmax(dim=0, keepdim=True)).sign()[0]
    return basis.mul_(signs), signs


def _first_gram(tensor: Float[Tensor, "d_model d_head part group"], report: Report) -> Float[Tensor, "d_model d_model"]:
    """Lower triangle of the Gram matrix of mode 1, whose unfolding is the tensor as it lies in memory."""
    unfolding = rearrange(tensor, _UNFOLDINGS[1])
    triangle = unfolding.new_zeros(len(unfolding), len(unfolding))
    done = 0

    def fill(start: int, stop: int) -> None:
        """The triangle on the diagonal from `start` to `stop`: two smaller ones and the square below the first."""
        nonlocal done
        if stop - start <= _ROWS:
            triangle[start:stop, start:stop] = row_products(unfolding[start:stop], unfolding[start:stop])
            done += (stop - start) ** 2
        else:
            middle = (start + stop) // 2
            fill(start, middle)
            fill(middle, stop)
            triangle[middle:stop, start:middle] = row_products(unfolding[middle:stop], unfolding[start:middle])
            done += 2 * (stop - middle) * (middle - start)
        report(done / len(unfolding) ** 2)

    fill(0, len(unfolding))
    return triangle
