"""Higher-order orthogonal iteration from the cached decomposition: closer than its truncation, never worse.

Minimises the error of arXiv 2501.15674, Eq. 14, by sequential truncation (Vannieuwenhoven et al. 2012) and
then warm-started sweeps of HOOI (De Lathauwer et al. 2000), in the coordinates of the full bases.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from einops import einsum, rearrange
from torch import Tensor

from tensorllm_core.linalg.hosvd import Hosvd, truncate
from tensorllm_core.linalg.rank_choice import check_ranks
from tensorllm_core.types import Ranks, Tucker

__all__ = ["Refinement", "refine"]

OnSweep = Callable[[int, float], bool]
"""Called with the number of sweeps done and the relative error reached; returning False asks to stop."""


@dataclass(frozen=True, eq=False)
class Refinement:
    """A refined decomposition and how it came about."""

    tucker: Tucker
    relative_errors: tuple[float, ...]
    """Of the truncated HOSVD, after sequential truncation, after each sweep; never rising."""
    sweeps: int
    converged: bool
    stopped: bool


def refine(
    decomposition: Hosvd,
    ranks: Ranks,
    *,
    max_sweeps: int = 50,
    tolerance: float = 1e-6,
    on_sweep: OnSweep | None = None,
) -> Refinement:
    """Lower the truncation's error at these ranks.

    Converged means that a sweep lowered the error by no more than `tolerance` times itself. `on_sweep(0, error)`
    comes before any work, then one call after each sweep.

    Raises:
        RankError: ranks that no decomposition of the tensor can have.
    """
    check_ranks(decomposition.shape, ranks)
    core = decomposition.core.double()
    best = [
        torch.eye(size, rank, dtype=core.dtype, device=core.device)
        for size, rank in zip(core.shape[:3], ranks, strict=True)
    ]
    errors = [_relative_error(core, best)]
    ask = on_sweep or (lambda sweep, error: True)
    if not ask(0, errors[0]):
        return Refinement(truncate(decomposition, ranks), tuple(errors), 0, converged=False, stopped=True)
    factors = _sequential(core, ranks)
    errors.append(min(errors[0], _relative_error(core, factors)))
    if errors[1] < errors[0]:
        best = factors
    converged = stopped = False
    sweeps = 0
    while sweeps < max_sweeps and not converged and not stopped:
        factors = _sweep(core, best)
        error = _relative_error(core, factors)
        if error < errors[-1]:
            best = factors
        converged = errors[-1] - error <= tolerance * errors[-1]
        errors.append(min(errors[-1], error))
        sweeps += 1
        stopped = not ask(sweeps, errors[-1])
    small = _project(core, best).to(decomposition.core.dtype)
    bases = (decomposition.u1, decomposition.u2, decomposition.u3)
    full = [basis @ factor.to(basis.dtype) for basis, factor in zip(bases, best, strict=True)]
    return Refinement(Tucker(small, *full), tuple(errors), sweeps, converged, stopped and not converged)


_AXES = ("a", "b", "c")


def _sequential(core: Tensor, ranks: Ranks) -> list[Tensor]:
    factors = []
    for mode in (2, 1, 0):
        factors.append(_leading(core, mode, ranks[mode]))
        core = _times(core, factors[-1], mode)
    return factors[::-1]


def _sweep(core: Tensor, factors: list[Tensor]) -> list[Tensor]:
    factors = list(factors)
    for mode in (0, 1, 2):
        projected = core
        for other in (2, 1, 0):
            if other != mode:
                projected = _times(projected, factors[other], other)
        factors[mode] = _leading(projected, mode, factors[mode].shape[1])
    return factors


def _leading(tensor: Tensor, mode: int, rank: int) -> Tensor:
    axes = ["a", "b", "c", "g"]
    row = axes.pop(mode)
    unfolding = rearrange(tensor, f"a b c g -> {row} ({' '.join(axes)})")
    return torch.linalg.eigh(unfolding @ unfolding.T).eigenvectors.flip(1)[:, :rank]


def _times(tensor: Tensor, factor: Tensor, mode: int) -> Tensor:
    axis = _AXES[mode]
    return einsum(tensor, factor, f"a b c g, {axis} r -> {'a b c g'.replace(axis, 'r')}")


def _project(core: Tensor, factors: list[Tensor]) -> Tensor:
    for mode in (2, 1, 0):
        core = _times(core, factors[mode], mode)
    return core


def _relative_error(core: Tensor, factors: list[Tensor]) -> float:
    total = core.square().sum()
    return math.sqrt(max(0.0, float((total - _project(core, factors).square().sum()) / total))) if total else 0.0
