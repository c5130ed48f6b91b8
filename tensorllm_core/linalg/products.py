"""Products of matrices and tensors in full float32 or float64 (never TF32 or bfloat16), with the fastest kernel."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from einops import einsum, rearrange
from jaxtyping import Float, Float64
from torch import Tensor

__all__ = ["as_rows", "first_mode", "full_precision", "group_energy", "later_modes", "row_blocks", "row_products"]

_BLOCK_ENTRIES = 2**20
"""About how many entries a block of rows has."""
_COLUMNS = 512
"""How many columns of an unfolding are multiplied between two reports."""
_LARGE = 2**27
"""The faster kernel has an overhead, which is worth it for a product of at least so many multiplications."""
_WORTH_A_COPY = 256
"""The faster kernel may need a copy, which is worth it with at least so many multiplications for each copied entry."""


@dataclass
class _PrecisionState:
    """How many callers need full precision at this moment, and the settings that come back after the last of them."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    callers: int = 0
    settings: tuple[str, str] = ("none", "none")


_state = _PrecisionState()


@contextmanager
def full_precision() -> Iterator[None]:
    """Compute float32 products in IEEE arithmetic on CPU and CUDA; afterwards the settings of the process come back.

    >>> with full_precision():
    ...     torch.backends.cuda.matmul.fp32_precision in ("none", "ieee")
    True
    """
    backends = (torch.backends.cuda.matmul, torch.backends.mkldnn.matmul)  # type: ignore[attr-defined]
    with _state.lock:
        _state.callers += 1
        if _state.callers == 1:
            _state.settings = (backends[0].fp32_precision, backends[1].fp32_precision)
            # Change a setting only where it must change: while the two differ, PyTorch refuses to read older switches.
            for backend, setting in zip(backends, _state.settings, strict=True):
                if setting not in ("none", "ieee"):
                    backend.fp32_precision = "ieee"
    try:
        yield
    finally:
        with _state.lock:
            _state.callers -= 1
            if _state.callers == 0:
                for backend, setting in zip(backends, _state.settings, strict=True):
                    if backend.fp32_precision != setting:
                        backend.fp32_precision = setting


def row_products(left: Float[Tensor, "m k"], right: Float[Tensor, "n k"]) -> Float[Tensor, "m n"]:
    """The inner products of every row of `left` with every row of `right`.

    >>> row_products(torch.eye(2), torch.tensor([[3.0, 4.0]])).tolist()
    [[3.0], [4.0]]
    """
    multiplications = len(left) * right.numel()
    copied = left.numel() + (0 if right.is_contiguous() else right.numel())
    if multiplications >= max(_LARGE, _WORTH_A_COPY * copied) and _onednn_is_faster(left):
        return torch.nn.functional.linear(left.to_mkldnn(), right.contiguous()).to_dense()
    return left @ right.T


def as_rows(matrix: Float[Tensor, "m k"]) -> Float[Tensor, "m k"]:
    """The matrix in the memory order that `row_products` multiplies fastest; worth it for several products."""
    return matrix.contiguous() if _onednn_is_faster(matrix) else matrix


def first_mode(
    tensor: Float[Tensor, "d_model d_head part group"],
    u1: Float[Tensor, "d_model r1"],
    target: Float[Tensor, "r1 d_head part group"] | None = None,
    report: Callable[[float], None] = lambda share: None,
) -> Float[Tensor, "r1 d_head part group"]:
    """The tensor in the directions `u1` of mode 1: `tensor x1 u1^T`.

    The result is written to `target` where one is given; it may be the tensor itself. `report` gets the share that is
    done; what it raises ends the work.
    """
    if target is None:
        target = tensor.new_empty(u1.shape[1], *tensor.shape[1:])
    unfolding, product = (
        rearrange(array, "d_model d_head part group -> d_model (d_head part group)") for array in (tensor, target)
    )
    directions = rearrange(u1, "d_model r1 -> r1 d_model").contiguous()
    done = 0
    for source, columns in zip(unfolding.split(_COLUMNS, dim=1), product.split(_COLUMNS, dim=1), strict=True):
        columns.copy_(row_products(directions, rearrange(source, "d_model column -> column d_model")))
        done += source.shape[1]
        report(done / unfolding.shape[1])
    return target


def later_modes(
    tensor: Float[Tensor, "d_model d_head part group"],
    u2: Float[Tensor, "d_head r2"],
    u3: Float[Tensor, "part r3"] | None,
    target: Float[Tensor, "d_model r2 r3 group"] | None = None,
) -> Float[Tensor, "d_model r2 r3 group"]:
    """The tensor in the directions `u2` of mode 2 and `u3` of mode 3: `tensor x2 u2^T x3 u3^T`.

    Without `u3` mode 3 stays as it is. The result is written to `target` where one is given; it may be the tensor
    itself.
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
    """The squares of the entries, summed over groups in float64; makes no float64 copy of the tensor.

    >>> group_energy(torch.full((1, 1, 1, 3), 2.0)).item()
    12.0
    """
    energy = tensor.new_empty(tensor.shape[:3], dtype=torch.float64)
    for block, target in zip(row_blocks(tensor), energy.split(_rows(tensor)), strict=True):
        target.copy_(block.double().square().sum(dim=3))
    return energy


def _onednn_is_faster(operand: Tensor) -> bool:
    """Whether oneDNN multiplies this matrix faster than MKL.

    oneDNN uses AVX-512 on every processor that has it, MKL only on those of Intel. With AVX2 alone MKL is faster.
    """
    return (
        operand.device.type == "cpu"
        and operand.dtype is torch.float32
        and torch.backends.mkldnn.is_available()
        and torch.backends.cpu.get_cpu_capability() == "AVX512"
    )


def _for_all_groups(u3: Float[Tensor, "part r3"], group: int) -> Float[Tensor, "part_group r3_group"]:
    """The product with `u3` in mode 3, for all groups, as one matrix: parts and groups lie side by side in memory."""
    same_group = torch.eye(group, dtype=u3.dtype, device=u3.device)
    return rearrange(einsum(u3, same_group, "part r3, g h -> part g r3 h"), "part g r3 h -> (part g) (r3 h)")


def row_blocks(tensor: Float[Tensor, "row *rest"]) -> tuple[Float[Tensor, "block *rest"], ...]:
    """Views of consecutive rows that together cover the tensor, each so small that a copy of it costs little memory."""
    return tensor.split(_rows(tensor))


def _rows(tensor: Float[Tensor, "row *rest"]) -> int:
    """How many rows a block has."""
    return max(1, _BLOCK_ENTRIES // tensor[0].numel())
