"""Measure the decomposition on this machine, against TensorLy in the same run.

Each side runs in a process of its own, so that its peak memory is its own too; TensorLy uses the same
PyTorch, device and tensor. Times are wall-clock seconds.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass

import torch
from einops import einsum
from jaxtyping import Float32
from torch import Tensor

from tensorllm_core.errors import RequestError
from tensorllm_core.linalg.hosvd import hosvd
from tensorllm_core.linalg.landscape import landscape
from tensorllm_core.linalg.measuring import PeakMemory, in_own_process, median_timed, timed, warm_up
from tensorllm_core.linalg.products import full_precision, later_modes
from tensorllm_core.linalg.rank_choice import check_ranks
from tensorllm_core.linalg.refinement import refine
from tensorllm_core.types import Progress, Ranks, TensorShape, Tucker

__all__ = ["LARGE_RANKS", "LARGE_SHAPE", "HosvdMeasurement", "OwnMeasurement", "TensorlyMeasurement", "measure_hosvd"]

LARGE_SHAPE = TensorShape(4096, 256, 4, 16)
"""One layer of a model of the size of GPT-J-6B."""
LARGE_RANKS = Ranks(256, 64, 4)

_LOOK_UPS = 200
_SAME = torch.finfo(torch.float32).eps
"""Relative difference up to which two errors of float32 factors are the same."""
_NOISE = 0.5
"""Standard deviation of the noise in the measured tensor, beside a low-rank signal of standard deviation 1."""


@dataclass(frozen=True)
class OwnMeasurement:
    """Our side: seconds of each step, relative errors by direct reconstruction, peak memory / tensor memory.

    Decomposition and refinement take seconds where TensorLy takes minutes: theirs are the medians of three runs.
    """

    hosvd_seconds: float
    landscape_seconds: float
    lookup_seconds: float
    """Median of error, certificate and ratio at random ranks."""
    slices_lookup_seconds: float
    """Median of the errors of all parts and groups at random ranks."""
    refine_seconds: float
    refine_sweeps: int
    truncated_error: float
    refined_error: float
    hosvd_peak: float
    """Highest memory from the tensor's creation to the end of the decomposition, the tensor itself included."""
    peak: float
    """The same up to the end of all steps."""


@dataclass(frozen=True)
class TensorlyMeasurement:
    """One call of `tensorly.partial_tucker(modes=[0, 1, 2], init="svd")` at the same ranks."""

    seconds: float
    error: float
    peak: float


@dataclass(frozen=True)
class HosvdMeasurement:
    """Both sides on one tensor; `tensorly` is None when it was not asked for."""

    shape: TensorShape
    ranks: Ranks
    device: str
    threads: int
    own: OwnMeasurement
    tensorly: TensorlyMeasurement | None

    @property
    def hosvd_speed_up(self) -> float | None:
        """Seconds of TensorLy's one call / seconds of our decomposition at all ranks."""
        return None if self.tensorly is None else self.tensorly.seconds / self.own.hosvd_seconds

    @property
    def refine_speed_up(self) -> float | None:
        """Seconds of TensorLy's one call / seconds of our refinement to its error, equal in float32, or a lower one."""
        return None if self.tensorly is None else self.tensorly.seconds / self.own.refine_seconds


def measure_hosvd(
    shape: TensorShape = LARGE_SHAPE,
    ranks: Ranks = LARGE_RANKS,
    device: str = "cpu",
    against_tensorly: bool = True,
    progress: Progress | None = None,
) -> HosvdMeasurement:
    """Decompose, look up and refine one random tensor, low-rank plus noise, on `cpu` or a CUDA device.

    The refinement stops at TensorLy's error, equal in float32 or lower; without TensorLy, after one sweep.

    Raises:
        RankError: ranks that no decomposition of the tensor can have.
        RequestError: `progress` asked to stop, or TensorLy cannot decompose the tensor on this device.
    """
    check_ranks(shape, ranks)

    def report(share: float, what: str) -> None:
        if progress is not None and not progress(share, what):
            raise RequestError("Expected time to measure, got a request to stop; ask for it again.")

    report(0.0, "TensorLy" if against_tensorly else "our own")
    tensorly = _tensorly_in_own_process(shape, ranks, device) if against_tensorly else None
    report(0.9 if against_tensorly else 0.1, "our own")
    own = in_own_process(measure_own, shape, ranks, device, tensorly.error if tensorly else None)
    report(1.0, "done")
    return HosvdMeasurement(shape, ranks, device, torch.get_num_threads(), own, tensorly)


def measure_own(shape: TensorShape, ranks: Ranks, device: str, target_error: float | None) -> OwnMeasurement:
    """Our side, in this process."""
    warm_up(device)
    memory = PeakMemory(device)
    tensor = random_tensor(shape, ranks, device)
    decomposition, hosvd_seconds = median_timed(lambda: hosvd(tensor), device)
    hosvd_peak = memory.so_far() / (4 * shape.entries)
    errors, landscape_seconds = timed(lambda: landscape(decomposition), device)
    generator = torch.Generator().manual_seed(0)
    triples = [
        Ranks(*(int(torch.randint(1, size + 1, (), generator=generator)) for size in errors.table.shape))
        for _ in range(_LOOK_UPS)
    ]
    look_up = _median(
        lambda at: (errors.relative_error(at), errors.error_bounds(at), shape.compression_ratio(at)), triples, device
    )
    slices_look_up = _median(errors.relative_error_by_part_and_group, triples, device)

    def not_yet_there(sweep: int, error: float) -> bool:
        return sweep == 0 or (target_error is not None and error > target_error * (1 + _SAME))

    refinement, refine_seconds = median_timed(
        lambda: refine(decomposition, ranks, tolerance=0.0, on_sweep=not_yet_there), device
    )
    return OwnMeasurement(
        hosvd_seconds=hosvd_seconds,
        landscape_seconds=landscape_seconds,
        lookup_seconds=look_up,
        slices_lookup_seconds=slices_look_up,
        refine_seconds=refine_seconds,
        refine_sweeps=refinement.sweeps,
        truncated_error=errors.relative_error(ranks),
        refined_error=_direct_error(tensor, refinement.tucker),
        hosvd_peak=hosvd_peak,
        peak=memory.so_far() / (4 * shape.entries),
    )


def _tensorly_in_own_process(shape: TensorShape, ranks: Ranks, device: str) -> TensorlyMeasurement:
    try:
        return in_own_process(measure_tensorly, shape, ranks, device)
    except RuntimeError as error:
        # Out of memory, or a library that refuses a matrix of this shape.
        reason = str(error).splitlines()[0]
        raise RequestError(
            f"Expected TensorLy to decompose a tensor of {tuple(shape)} on {device}, got `{reason}`; "
            "measure our side only, or on another device."
        ) from error


def measure_tensorly(shape: TensorShape, ranks: Ranks, device: str) -> TensorlyMeasurement:
    """TensorLy's side, in this process."""
    # Needed here alone, and slow to import.
    import tensorly
    from tensorly.decomposition import partial_tucker

    tensorly.set_backend("pytorch")
    warm_up(device)
    memory = PeakMemory(device)
    tensor = random_tensor(shape, ranks, device)
    with full_precision():
        ((core, factors), _), seconds = timed(
            lambda: partial_tucker(tensor, rank=tuple(ranks), modes=[0, 1, 2], init="svd"), device
        )
    peak = memory.so_far() / (4 * shape.entries)
    return TensorlyMeasurement(seconds, _direct_error(tensor, Tucker(core, *factors)), peak)


def random_tensor(shape: TensorShape, ranks: Ranks, device: str) -> Float32[Tensor, "d_model d_head part group"]:
    """A tensor of twice the given ranks, with decaying directions, plus white noise; the same on every call.

    >>> random_tensor(TensorShape(8, 4, 4, 2), Ranks(2, 2, 2), "cpu").shape
    torch.Size([8, 4, 4, 2])
    """
    generator = torch.Generator(device).manual_seed(0)

    def normal(*size: int) -> Tensor:
        return torch.randn(*size, generator=generator, device=device)

    r1, r2 = min(2 * ranks.r1, shape.d_model), min(2 * ranks.r2, shape.d_head)
    decay1 = torch.arange(1, r1 + 1, device=device) ** -0.5
    decay2 = torch.arange(1, r2 + 1, device=device) ** -0.3
    core = einsum(
        normal(r1, r2, shape.part, shape.group), decay1, decay2, "r1 r2 part group, r1, r2 -> r1 r2 part group"
    )
    core /= core.norm() / (shape.part * shape.group) ** 0.5
    u1, u2 = normal(shape.d_model, r1), normal(shape.d_head, r2)
    rows = einsum(core, u2, "r1 r2 part group, d_head r2 -> r1 d_head part group")
    tensor = torch.empty(shape, device=device)
    # In blocks, so that making the tensor does not set the peak of memory.
    for block, directions in zip(tensor.split(64), u1.split(64), strict=True):
        noise = normal(*block.shape) * _NOISE
        block.copy_(einsum(directions, rows, "row r1, r1 d_head part group -> row d_head part group") + noise)
    return tensor


def _median(step: Callable[[Ranks], object], triples: list[Ranks], device: str) -> float:
    return statistics.median(timed(lambda at=at: step(at), device)[1] for at in triples)  # type: ignore[misc]


def _direct_error(tensor: Float32[Tensor, "d_model d_head part group"], tucker: Tucker) -> float:
    """Relative error by reconstruction, a block of rows at a time, summed in float64."""
    with torch.no_grad(), full_precision():
        rows = later_modes(tucker.core.contiguous(), tucker.u2.T, tucker.u3.T)
        lost = kept = 0.0
        for block, u1 in zip(tensor.split(64), tucker.u1.split(64), strict=True):
            rebuilt = einsum(u1, rows, "row r1, r1 d_head part group -> row d_head part group")
            lost += float((block.double() - rebuilt.double()).square().sum())
            kept += float(block.double().square().sum())
    return (lost / kept) ** 0.5
