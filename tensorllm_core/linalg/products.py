"""Products of matrices and tensors in full float32 or float64: never TF32 or bfloat16, and with the fastest kernel."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from einops import einsum, rearrange
from jaxtyping import Float, Float64
from torch import Tensor

__all__ = ["as_rows", "first_mode", "full_precision", "group_energy", "later_modes", "row_blocks", "row_products"]

_BLOCK_ENTRIES = 2**20
_COLUMNS = 2048
_LARGE = 2**27
"""Multiplications in a product from which on a faster kernel is worth its overhead."""
_WORTH_A_COPY = 256
"""Multiplications for each entry that must be copied from which on a faster kernel outweighs the copy."""


@dataclass
class _Guard:
    """How many callers want full precision now, and the settings to go back to when the last one is done."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    callers: int = 0
    settings: tuple[str, str] = ("none", "none")


_guard = _Guard()


@contextmanager
def full_precision() -> Iterator[None]:
    """Hold float32 products to IEEE arithmetic on CPU and CUDA; the process's own settings come back at the end.

    >>> with full_precision():
    ...     torch.backends.cuda.matmul.fp32_precision in ("none", "ieee")
    True
    """
    backends = (torch.backends.cuda.matmul, torch.backends.mkldnn.matmul)  # type: ignore[attr-defined]
    with _guard.lock:
        _guard.callers += 1
        if _guard.callers == 1:
            _guard.settings = (backends[0].fp32_precision, backends[1].fp32_precision)
            # PyTorch's older switches can't be read while the newer ones differ: touch them only where it matters.
            for backend, setting in zip(backends, _guard.settings, strict=True):
                if setting not in ("none", "ieee"):
                    backend.fp32_precision = "ieee"
    try:
        yield
    finally:
        with _guard.lock:
            _guard.callers -= 1
            if _guard.callers == 0:
                for backend, setting in zip(backends, _guard.settings, strict=True):
                    if backend.fp32_precision != setting:
                        backend.fp32_precision = setting


def row_products(left: Float[Tensor, "m k"], right: Float[Tensor, "n k"]) -> Float[Tensor, "m n"]:
    """Inner products of all rows of `left` with all rows of `right`.

    >>> row_products(torch.eye(2), torch.tensor([[3.0, 4.0]])).tolist()
    [[3.0], [4.0]]
    """
    multiplications = len(left) * right.numel()
    copied = left.numel() + (0 if right.is_contiguous() else right.numel())
    if multiplications >= max(_LARGE, _WORTH_A_COPY * copied) and _onednn_is_faster(left):
        return torch.nn.functional.linear(left.to_mkldnn(), right.contiguous()).to_dense()
    return left @ right.T


def as_rows(matrix: Float[Tensor, "m k"]) -> Float[Tensor, "m k"]:
    """The matrix as `row_products` multiplies it fastest, when it does so again and again."""
    return matrix.contiguous() if _onednn_is_faster(matrix) else matrix


def first_mode(
    tensor: Float[Tensor, "d_model d_head part group"], u1: Float[Tensor, "d_model r1"]
) -> Float[Tensor, "r1 d_head part group"]:
    """The tensor in the directions `u1` of mode 1."""
    unfolding = rearrange(tensor, "d_model d_head part group -> d_model (d_head part group)")
    product = unfolding.new_empty(u1.shape[1], unfolding.shape[1])
    if not _onednn_is_faster(tensor):
        return torch.mm(u1.T, unfolding, out=product).view(-1, *tensor.shape[1:])
    directions = rearrange(u1, "d_model r1 -> r1 d_model").contiguous()
    for source, target in zip(unfolding.split(_COLUMNS, dim=1), product.split(_COLUMNS, dim=1), strict=True):
        target.copy_(row_products(directions, rearrange(source, "d_model column -> column d_model")))
    return product.view(-1, *tensor.shape[1:])


def later_modes(
    tensor: Float[Tensor, "d_model d_head part group"],
    u2: Float[Tensor, "d_head r2"],
    u3: Float[Tensor, "part r3"] | None,
    target: Float[Tensor, "d_model r2 r3 group"] | None = None,
) -> Float[Tensor, "d_model r2 r3 group"]:
    """The tensor in the directions `u2` of mode 2 and `u3` of mode 3 (None: as it is).

    `target` may be the tensor itself.
    """
    _, _, part, group = tensor.shape
    if target is None:
        target = tensor.new_empty(len(tensor), u2.shape[1], part if u3 is None else u3.shape[1], group)
    parts = None if u3 is None else _for_all_groups(u3, group)
    for source, product in zip(row_blocks(tensor), target.split(_rows(tensor)), strict=True):
        slices = rearrange(source, "d_model d_head part group -> d_model d_head (part group)")
        slices = slices if parts is None else slices @ parts
        product.copy_(rearrange(u2.T @ slices, "d_model r2 (r3 group) -> d_model r2 r3 group", group=group))
    return target


def group_energy(tensor: Float[Tensor, "r1 r2 r3 group"]) -> Float64[Tensor, "r1 r2 r3"]:
    """Squares summed over groups in float64, without a float64 copy of the tensor.

    >>> group_energy(torch.full((1, 1, 1, 3), 2.0)).item()
    12.0
    """
    energy = tensor.new_empty(tensor.shape[:3], dtype=torch.float64)
    for block, target in zip(row_blocks(tensor), energy.split(_rows(tensor)), strict=True):
        target.copy_(block.double().square().sum(dim=3))
    return energy


def _onednn_is_faster(operand: Tensor) -> bool:
    """oneDNN uses AVX-512 on every processor that has it, MKL on Intel's alone; with AVX2 MKL is ahead."""
    return (
        operand.device.type == "cpu"
        and operand.dtype is torch.float32
        and torch.backends.mkldnn.is_available()
        and torch.backends.cpu.get_cpu_capability() == "AVX512"
    )


def _for_all_groups(u3: Float[Tensor, "part r3"], group: int) -> Float[Tensor, "part_group r3_group"]:
    """Mode 3 of all groups as one matrix, so that one product over contiguous memory does."""
    same_group = torch.eye(group, dtype=u3.dtype, device=u3.device)
    return rearrange(einsum(u3, same_group, "part r3, g h -> part g r3 h"), "part g r3 h -> (part g) (r3 h)")


def row_blocks(tensor: Float[Tensor, "row *rest"]) -> tuple[Float[Tensor, "block *rest"], ...]:
    """Views of consecutive rows that together cover the tensor, each small enough to be copied freely."""
    return tensor.split(_rows(tensor))


def _rows(tensor: Float[Tensor, "row *rest"]) -> int:
    return max(1, _BLOCK_ENTRIES // tensor[0].numel())
