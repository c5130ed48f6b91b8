"""Full orthonormal basis of each compressed mode: the eigenvectors of its unfolding's Gram matrix.

An unfolding that is taller than wide goes through its QR decomposition first, so that the basis spans
the column space with exactly orthonormal columns and holds no directions that no weight can reach.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from einops import rearrange
from jaxtyping import Float, Float32, Float64
from torch import Tensor

from tensorllm_core.linalg.products import row_blocks, row_products

__all__ = ["orthogonal_basis"]

Report = Callable[[float], None]
"""Called with the share of the Gram matrix that is done."""

_DOUBLE_UP_TO = 1024
"""Largest side whose eigenvectors are always computed in float64."""
_ROWS = 512
_UNFOLDINGS = {
    1: "d_model d_head part group -> d_model (d_head part group)",
    2: "d_model d_head part group -> d_head (d_model part group)",
    3: "d_model d_head part group -> part (d_model d_head group)",
}


def orthogonal_basis(
    tensor: Float[Tensor, "d_model d_head part group"], mode: int, report: Report = lambda share: None
) -> Float[Tensor, "side k"]:
    """Orthonormal directions of mode 1, 2 or 3, strongest first; k = min(side, product of the other sides).

    The largest entry of each direction is positive, so that the same weights always give the same picture.
    """
    side = tensor.shape[mode - 1]
    if side * side > tensor.numel():
        orthonormal, triangle = torch.linalg.qr(rearrange(tensor, _UNFOLDINGS[mode]))
        basis = orthonormal @ _eigenvectors(row_products(triangle, triangle)).to(tensor.dtype)
    elif mode == 1:
        basis = _eigenvectors(_first_gram(tensor, report)).to(tensor.dtype)
    else:
        basis = _eigenvectors(_later_gram(tensor, mode)).to(tensor.dtype)
    largest = basis.abs().argmax(dim=0, keepdim=True)
    return basis.mul_(basis.gather(0, largest).sign())


def _first_gram(tensor: Float[Tensor, "d_model d_head part group"], report: Report) -> Float[Tensor, "d_model d_model"]:
    """Lower triangle of the Gram matrix of mode 1, whose unfolding is the tensor as it lies in memory."""
    unfolding = rearrange(tensor, _UNFOLDINGS[1])
    gram = unfolding.new_zeros(len(unfolding), len(unfolding))
    for start in range(0, len(unfolding), _ROWS):
        stop = min(start + _ROWS, len(unfolding))
        gram[start:stop, :stop] = row_products(unfolding[start:stop], unfolding[:stop])
        report((stop / len(unfolding)) ** 2)
    return gram


def _later_gram(tensor: Float[Tensor, "d_model d_head part group"], mode: int) -> Float64[Tensor, "side side"]:
    """Gram matrix of mode 2 or 3; blocks of rows of mode 1 are unfolded in turn and summed in float64."""
    side = tensor.shape[mode - 1]
    gram = tensor.new_zeros(side, side, dtype=torch.float64)
    for block in row_blocks(tensor):
        unfolding = rearrange(block, _UNFOLDINGS[mode])
        gram += row_products(unfolding, unfolding)
    return gram


def _eigenvectors(gram: Float[Tensor, "side side"]) -> Float32[Tensor, "side side"] | Float64[Tensor, "side side"]:
    """Eigenvectors of the matrix whose lower triangle is given, largest eigenvalue first."""
    if len(gram) <= _DOUBLE_UP_TO:
        gram = gram.double()
    return torch.linalg.eigh(gram, UPLO="L").eigenvectors.flip(1)
