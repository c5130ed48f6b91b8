"""Lower the error of a truncated HOSVD by higher-order orthogonal iteration (HOOI); the error never rises.

It minimises the error of arXiv 2501.15674, Eq. 14: first by sequential truncation, small modes first (Vannieuwenhoven
et al. 2012), then by HOOI (De Lathauwer et al. 2000). All work is done on the full core, in the coordinates of the full
bases. There the truncation keeps the leading directions of each mode.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from operator import attrgetter

import torch
from einops import einsum, rearrange
from jaxtyping import Float
from torch import Tensor

from tensorllm_core.linalg.bases import fix_signs, gram
from tensorllm_core.linalg.eigenvectors import eigenvectors
from tensorllm_core.linalg.hosvd import DOUBLE_UP_TO, Hosvd, truncate
from tensorllm_core.linalg.products import first_mode, full_precision, group_energy, later_modes, row_blocks
from tensorllm_core.linalg.rank_choice import check_ranks
from tensorllm_core.linalg.subspace import better_subspace, first_subspace
from tensorllm_core.types import Ranks, Tucker

__all__ = ["MOST_SWEEPS", "OnSweep", "Refinement", "refine"]

MOST_SWEEPS = 50
"""Sweeps after which refinement ends, converged or not; the same in every screen, command and method."""
OnSweep = Callable[[int, float], bool]
"""Called with the number of sweeps done and the relative error reached; returning False asks to stop."""

_CANCELS_BELOW = 0.01
"""A squared error below this share is summed entry by entry: the difference of two large sums is inaccurate."""


@dataclass(frozen=True, eq=False)
class Refinement:
    """A refined decomposition, and why its sweeps ended: it has converged, `on_sweep` stopped it, or neither.

    `relative_errors` are of the truncated HOSVD, after sequential truncation, and after each sweep; they never rise.
    """

    tucker: Tucker
    relative_errors: tuple[float, ...]
    sweeps: int
    converged: bool
    stopped: bool


def refine(
    decomposition: Hosvd,
    ranks: Ranks,
    *,
    max_sweeps: int = MOST_SWEEPS,
    tolerance: float = 1e-6,
    on_sweep: OnSweep | None = None,
) -> Refinement:
    """Lower the error of the truncation at these ranks.

    The result has converged when all further sweeps together, at the rate of the last two, would lower the relative
    error by at most `tolerance` times itself. `on_sweep` is called before any work (sweep 0) and after each sweep.

    Raises:
        RankError: no decomposition of the tensor can have these ranks.

    >>> from tensorllm_core.linalg.hosvd import hosvd
    >>> refine(hosvd(torch.randn(6, 3, 4, 2)), Ranks(6, 3, 4)).relative_errors[0]
    0.0
    """
    check_ranks(decomposition.shape, ranks)
    with torch.no_grad(), full_precision():
        # The truncated HOSVD and its error.
        core = decomposition.core
        core = core.double() if core.numel() <= DOUBLE_UP_TO else core
        target = _Target(core, decomposition.norm**2)
        truncation = best = _truncation(target, ranks)
        errors = [truncation.relative_error]
        if on_sweep is not None and not on_sweep(0, errors[0]):
            return Refinement(truncate(decomposition, ranks), tuple(errors), 0, converged=False, stopped=True)
        # One or two starts, among them sequential truncation.
        running = _starts(target, truncation)
        best = min(best, *running, key=attrgetter("relative_error"))
        errors.append(best.relative_error)
        # Sweep from each start until no further sweep is worth it, and remember the best of all.
        sweeps, stopped = 0, False
        while running and sweeps < max_sweeps and not stopped:
            results = [_with_gains(directions, _sweep(target, directions)) for directions in running]
            running = [after for after in results if after.expected_gain > tolerance * after.relative_error]
            best = min(best, *results, key=attrgetter("relative_error"))
            errors.append(best.relative_error)
            sweeps += 1
            stopped = on_sweep is not None and not on_sweep(sweeps, best.relative_error) and bool(running)
        # Back from the coordinates of the full bases.
        tucker = truncate(decomposition, ranks) if best is truncation else _tucker(decomposition, best)
        return Refinement(tucker, tuple(errors), sweeps, converged=not running, stopped=stopped)


@dataclass(frozen=True, eq=False)
class _Target:
    """The full core, which is to be approximated, and the squared norm of the tensor."""

    core: Float[Tensor, "k1 k2 k3 group"]
    energy: float


@dataclass(frozen=True, eq=False)
class _Directions:
    """Orthonormal directions of modes 1, 2 and 3, in the coordinates of the full bases, and the core that they give.

    `last_gain` is how much the last sweep lowered the relative error, `expected_gain` how much all further sweeps
    together would lower it, if the gain keeps falling at the same rate.
    """

    u1: Float[Tensor, "k1 r1"]
    u2: Float[Tensor, "k2 r2"]
    u3: Float[Tensor, "k3 r3"]
    core: Float[Tensor, "r1 r2 r3 group"]
    relative_error: float
    last_gain: float = math.inf
    expected_gain: float = math.inf


def _truncation(target: _Target, ranks: Ranks) -> _Directions:
    """The truncated HOSVD: in the coordinates of the full bases its directions are columns of the identity."""
    u1, u2, u3 = (
        torch.eye(size, rank, dtype=target.core.dtype, device=target.core.device)
        for size, rank in zip(target.core.shape[:3], ranks, strict=True)
    )
    return _with_core(target, u1, u2, u3, target.core[: ranks.r1, : ranks.r2, : ranks.r3])


def _starts(target: _Target, truncation: _Directions) -> list[_Directions]:
    """One or two starts for the sweeps.

    Sequential truncation truncates mode 3, then mode 2 of the result, then mode 1 of that result. The directions of
    mode 3 are those of the truncated HOSVD, because the other modes are complete at that time.

    A small tensor is also swept from the truncated HOSVD, where HOOI usually starts. At low ranks the two starts may
    end in different local optima, and the better one is kept.
    """
    # The start from the truncated HOSVD, with its directions of modes 2 and 3.
    d = truncation
    r2, r3 = d.core.shape[1:3]
    plain = _with_first_mode(target, target.core[:, :r2, :r3], d.u1, d.u2, d.u3, first_subspace)
    if _is_complete(d.u2) or _is_complete(d.u3):
        # Sequential truncation has the same directions of mode 2 then, so the two starts are one.
        return [plain]
    # Sequential truncation.
    u2 = _best_directions(target.core[:, :, :r3], 2, d.u2)
    projection = later_modes(target.core[:, :, :r3], u2, None)
    sequential = _with_first_mode(target, projection, d.u1, u2, d.u3, first_subspace)
    return [sequential, plain] if target.core.numel() <= DOUBLE_UP_TO else [sequential]


def _sweep(target: _Target, start: _Directions) -> _Directions:
    """Improve the directions of modes 2, 3 and 1 in turn, while the other two are fixed; the error never rises."""
    # Mode 2: project on the directions of modes 1 and 3.
    on_u1 = target.core if _is_complete(start.u1) else first_mode(target.core, start.u1)
    on_u1_u3 = on_u1 if _is_complete(start.u3) else einsum(on_u1, start.u3, "r1 k2 k3 group, k3 r3 -> r1 k2 r3 group")
    u2 = _best_directions(on_u1_u3, 2, start.u2)
    # Mode 3: project on the directions of mode 1 and the new ones of mode 2.
    on_u1_u2 = on_u1 if _is_complete(u2) else einsum(on_u1, u2, "r1 k2 k3 group, k2 r2 -> r1 r2 k3 group")
    u3 = _best_directions(on_u1_u2, 3, start.u3)
    # Mode 1: project on the new directions of modes 2 and 3.
    both_complete = _is_complete(u2) and _is_complete(u3)
    on_u2_u3 = target.core if both_complete else later_modes(target.core, u2, None if _is_complete(u3) else u3)
    return _with_first_mode(target, on_u2_u3, start.u1, u2, u3, better_subspace)


def _with_gains(before: _Directions, after: _Directions) -> _Directions:
    """The result of a sweep with its gain and the gain that is still to expect: a geometric series."""
    gain = before.relative_error - after.relative_error
    # The rate is at least 1/2: near a saddle point the gain first falls fast and then rises again.
    rate = max(0.5, gain / before.last_gain)
    expected = gain * rate / (1 - rate) if rate < 1 else math.inf
    return replace(after, last_gain=gain, expected_gain=expected if gain > 0 else 0.0)


def _best_directions(
    projection: Float[Tensor, "r1 k2 k3 group"], mode: int, start: Float[Tensor, "k r"]
) -> Float[Tensor, "k r"]:
    """The directions of mode 2 or 3 that keep the most energy of the projection, as many as in `start`."""
    if _is_complete(start):
        return start
    return eigenvectors(gram(projection, mode))[:, : start.shape[1]].to(projection.dtype)


def _with_first_mode(
    target: _Target,
    projection: Float[Tensor, "k1 r2 r3 group"],
    start: Float[Tensor, "k1 r1"],
    u2: Float[Tensor, "k2 r2"],
    u3: Float[Tensor, "k3 r3"],
    improve: Callable[[Tensor, Tensor], Tensor],
) -> _Directions:
    """Improve the directions of mode 1 for the core's projection on the directions of modes 2 and 3."""
    unfolding = rearrange(projection, "k1 r2 r3 group -> k1 (r2 r3 group)")
    u1 = start if _is_complete(start) else improve(unfolding, start)
    core = rearrange(u1.T @ unfolding, "r1 (r2 r3 group) -> r1 r2 r3 group", r2=u2.shape[1], r3=u3.shape[1])
    return _with_core(target, u1, u2, u3, core)


def _with_core(
    target: _Target,
    u1: Float[Tensor, "k1 r1"],
    u2: Float[Tensor, "k2 r2"],
    u3: Float[Tensor, "k3 r3"],
    core: Float[Tensor, "r1 r2 r3 group"],
) -> _Directions:
    """The directions with their core and their relative error."""
    squared_error = target.energy - float(group_energy(core).sum())
    if squared_error < _CANCELS_BELOW * target.energy:
        squared_error = _residual_energy(target.core, u1, later_modes(core, u2.T, u3.T))
    error = math.sqrt(max(0.0, squared_error) / target.energy) if target.energy else 0.0
    return _Directions(u1, u2, u3, core, error)


def _residual_energy(
    core: Float[Tensor, "k1 k2 k3 group"], u1: Float[Tensor, "k1 r1"], rows: Float[Tensor, "r1 k2 k3 group"]
) -> float:
    """The squared distance between the full core and its approximation `u1 rows`, block by block."""
    blocks = row_blocks(core)
    rebuilt = (einsum(u, rows, "k1 r1, r1 k2 k3 group -> k1 k2 k3 group") for u in u1.split(len(blocks[0])))
    return sum(float(group_energy(block - part).sum()) for block, part in zip(blocks, rebuilt, strict=True))


def _is_complete(directions: Float[Tensor, "k r"]) -> bool:
    """Whether a mode keeps all its directions; they are the identity then, and stay the identity."""
    return directions.shape[0] == directions.shape[1]


def _tucker(decomposition: Hosvd, directions: _Directions) -> Tucker:
    """The decomposition in the original coordinates; the largest entry of each direction is positive, as in bases."""
    signed = [
        fix_signs(basis @ factor.to(basis.dtype))
        for basis, factor in (
            (decomposition.u1, directions.u1),
            (decomposition.u2, directions.u2),
            (decomposition.u3, directions.u3),
        )
    ]
    (u1, sign1), (u2, sign2), (u3, sign3) = signed
    core = einsum(directions.core.to(u1.dtype), sign1, sign2, sign3, "r1 r2 r3 group, r1, r2, r3 -> r1 r2 r3 group")
    return Tucker(core, u1, u2, u3)
