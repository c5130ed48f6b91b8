"""Measure how fast this machine decomposes a tensor, with our code and with TensorLy in the same run.

Our code and TensorLy each run in a process of their own, so that the peak memory of one is not counted for the other.
TensorLy uses the same PyTorch, device and tensor. Times are wall-clock seconds.
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
from tensorllm_core.linalg.products import full_precision, later_modes
from tensorllm_core.linalg.rank_choice import check_ranks
from tensorllm_core.linalg.refinement import refine
from tensorllm_core.linalg.time_and_memory import PeakMemory, in_own_process, median_timed, timed, warm_up
from tensorllm_core.types import Progress, Ranks, TensorShape, Tucker

__all__ = ["LARGE_RANKS", "LARGE_SHAPE", "HosvdMeasurement", "OwnMeasurement", "TensorlyMeasurement", "measure_hosvd"]

LARGE_SHAPE = TensorShape(4096, 256, 4, 16)
"""One layer of a model as large as GPT-J-6B."""
LARGE_RANKS = Ranks(256, 64, 4)

_LOOK_UPS = 200
"""How many random ranks the table of errors is asked for."""
_EQUAL_WITHIN = torch.finfo(torch.float32).eps
"""Two errors of float32 factors count as equal up to this relative difference."""
_NOISE = 0.5
"""Standard deviation of the noise in the measured tensor; its low-rank signal has standard deviation 1."""


@dataclass(frozen=True)
class OwnMeasurement:
    """Our code: seconds of each step, relative errors, and peak memory divided by the memory of the tensor.

    The seconds of the decomposition and of the refinement are medians of three runs, those of the look-ups of many.
    """

    hosvd_seconds: float
    landscape_seconds: float
    lookup_seconds: float
    """Median seconds to look up the error, the certificate and the ratio at random ranks."""
    slices_lookup_seconds: float
    """Median seconds to look up the errors of all parts and groups at random ranks."""
    refine_seconds: float
    refine_sweeps: int
    truncated_error: float
    """From the table of errors."""
    refined_error: float
    """By direct reconstruction."""
    hosvd_peak: float
    """Peak memory from before the tensor is made to the end of the decomposition; the tensor itself counts."""
    peak: float
    """Peak memory from before the tensor is made to the end of all steps; the tensor itself counts."""


@dataclass(frozen=True)
class TensorlyMeasurement:
    """TensorLy: one call of `tensorly.partial_tucker(modes=[0, 1, 2], init="svd")` at the same ranks.

    `error` is by direct reconstruction, `peak` is peak memory divided by the memory of the tensor.
    """

    seconds: float
    error: float
    peak: float


@dataclass(frozen=True)
class HosvdMeasurement:
    """Our code and TensorLy on one tensor; `tensorly` is None where only our code is measured."""

    shape: TensorShape
    ranks: Ranks
    device: str
    threads: int
    own: OwnMeasurement
    tensorly: TensorlyMeasurement | None

    @property
    def hosvd_speed_up(self) -> float | None:
        """Seconds of the one call of TensorLy divided by seconds of our decomposition at all ranks."""
        return None if self.tensorly is None else self.tensorly.seconds / self.own.hosvd_seconds

    @property
    def refine_speed_up(self) -> float | None:
        """Seconds of the one call of TensorLy divided by seconds of our refinement to the same error or a lower one."""
        return None if self.tensorly is None else self.tensorly.seconds / self.own.refine_seconds


def measure_hosvd(
    shape: TensorShape = LARGE_SHAPE,
    ranks: Ranks = LARGE_RANKS,
    device: str = "cpu",
    against_tensorly: bool = True,
    progress: Progress | None = None,
) -> HosvdMeasurement:
    """Decompose a random tensor, look up its errors and refine it, on `cpu` or a CUDA device.

    The tensor is a low-rank signal plus noise. The refinement stops as soon as its error is at most TensorLy's, up to
    the accuracy of float32. Without TensorLy it stops after one sweep.

    Raises:
        RankError: no decomposition of the tensor can have these ranks.
        RequestError: `progress` asked to stop, or TensorLy cannot decompose the tensor on this device.
    """
    check_ranks(shape, ranks)

    def report(share: float, message: str) -> None:
        if progress is not None and not progress(share, message):
            raise RequestError("The measurement was stopped before it was done; start it again.")

    report(0.0, "TensorLy" if against_tensorly else "our own")
    tensorly = _tensorly_in_own_process(shape, ranks, device) if against_tensorly else None
    report(0.9 if against_tensorly else 0.1, "our own")
    own = in_own_process(measure_own, shape, ranks, device, tensorly.error if tensorly else None)
    report(1.0, "done")
    return HosvdMeasurement(shape, ranks, device, torch.get_num_threads(), own, tensorly)


def measure_own(shape: TensorShape, ranks: Ranks, device: str, target_error: float | None) -> OwnMeasurement:
    """Measure our code in this process; the refinement stops at `target_error`, or after one sweep where it is None."""
    warm_up(device)
    memory = PeakMemory(device)
    tensor = random_tensor(shape, ranks, device)
    # The decomposition and the table of errors.
    decomposition, hosvd_seconds = median_timed(lambda: hosvd(tensor), device)
    hosvd_peak = memory.so_far() / (4 * shape.entries)
    errors, landscape_seconds = timed(lambda: landscape(decomposition), device)
    # Look-ups at random ranks.
    generator = torch.Generator().manual_seed(0)
    triples = [
        Ranks(*(int(torch.randint(1, size + 1, (), generator=generator)) for size in errors.table.shape))
        for _ in range(_LOOK_UPS)
    ]
    lookup_seconds = _median_seconds(
        lambda at: (errors.relative_error(at), errors.error_bounds(at), shape.compression_ratio(at)), triples, device
    )
    slices_lookup_seconds = _median_seconds(errors.relative_error_by_part_and_group, triples, device)

    # The refinement, up to the target.
    def is_above_target(sweep: int, error: float) -> bool:
        return sweep == 0 or (target_error is not None and error > target_error * (1 + _EQUAL_WITHIN))

    refinement, refine_seconds = median_timed(
        lambda: refine(decomposition, ranks, tolerance=0.0, on_sweep=is_above_target), device
    )
    return OwnMeasurement(
        hosvd_seconds=hosvd_seconds,
        landscape_seconds=landscape_seconds,
        lookup_seconds=lookup_seconds,
        slices_lookup_seconds=slices_lookup_seconds,
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
        # The memory is full, or a library refuses a matrix of this shape.
        reason = str(error).splitlines()[0]
        raise RequestError(
            f"Expected TensorLy to decompose a tensor of {tuple(shape)} on {device}, got `{reason}`; "
            "measure our code only, or on another device."
        ) from error


def measure_tensorly(shape: TensorShape, ranks: Ranks, device: str) -> TensorlyMeasurement:
    """Measure TensorLy in this process."""
    # Imported here, because the import is slow and nothing else needs it.
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
    """A signal of twice the given ranks R1 and R2, whose directions get weaker, plus white noise; the same every time.

    >>> random_tensor(TensorShape(8, 4, 4, 2), Ranks(2, 2, 2), "cpu").shape
    torch.Size([8, 4, 4, 2])
    """
    generator = torch.Generator(device).manual_seed(0)

    def normal(*size: int) -> Tensor:
        return torch.randn(*size, generator=generator, device=device)

    # A random core, each direction weaker than the one before, scaled to a signal of standard deviation 1.
    r1, r2 = min(2 * ranks.r1, shape.d_model), min(2 * ranks.r2, shape.d_head)
    decay1 = torch.arange(1, r1 + 1, device=device) ** -0.5
    decay2 = torch.arange(1, r2 + 1, device=device) ** -0.3
    core = einsum(
        normal(r1, r2, shape.part, shape.group), decay1, decay2, "r1 r2 part group, r1, r2 -> r1 r2 part group"
    )
    core /= core.norm() / (shape.part * shape.group) ** 0.5
    # Random directions of modes 1 and 2.
    u1, u2 = normal(shape.d_model, r1), normal(shape.d_head, r2)
    rows = einsum(core, u2, "r1 r2 part group, d_head r2 -> r1 d_head part group")
    tensor = torch.empty(shape, device=device)
    # Signal and noise, in blocks of rows, so that this step needs little more memory than the tensor itself.
    for block, directions in zip(tensor.split(64), u1.split(64), strict=True):
        noise = normal(*block.shape) * _NOISE
        block.copy_(einsum(directions, rows, "row r1, r1 d_head part group -> row d_head part group") + noise)
    return tensor


def _median_seconds(step: Callable[[Ranks], object], triples: list[Ranks], device: str) -> float:
    return statistics.median(timed(lambda at=at: step(at), device)[1] for at in triples)  # type: ignore[misc]


def _direct_error(tensor: Float32[Tensor, "d_model d_head part group"], tucker: Tucker) -> float:
    """The relative error by reconstruction, one block of rows after the other, summed in float64."""
    with torch.no_grad(), full_precision():
        rows = later_modes(tucker.core.contiguous(), tucker.u2.T, tucker.u3.T)
        squared_error = energy = 0.0
        for block, u1 in zip(tensor.split(64), tucker.u1.split(64), strict=True):
            rebuilt = einsum(u1, rows, "row r1, r1 d_head part group -> row d_head part group")
            squared_error += float((block.double() - rebuilt.double()).square().sum())
            energy += float(block.double().square().sum())
    return (squared_error / energy) ** 0.5
