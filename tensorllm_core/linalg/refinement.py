"""Higher-order orthogonal iteration from the cached decomposition: closer than its truncation, never worse.

Minimises the error of arXiv 2501.15674, Eq. 14, by sequential truncation, small modes first (Vannieuwenhoven
et al. 2012), then by warm-started sweeps of HOOI (De Lathauwer et al. 2000). All work is done in the
coordinates of the full bases, where the truncation keeps the leading directions of each mode.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from einops import einsum, rearrange
from jaxtyping import Float
from torch import Tensor

from tensorllm_core.linalg.bases import fix_signs, gram
from tensorllm_core.linalg.hosvd import Hosvd, truncate
from tensorllm_core.linalg.products import first_mode, full_precision, group_energy, later_modes, row_blocks
from tensorllm_core.linalg.rank_choice import check_ranks
from tensorllm_core.linalg.subspace import better_subspace, has_few_directions, strongest_subspace
from tensorllm_core.linalg.symmetric import eigenvectors
from tensorllm_core.types import Ranks, Tucker

__all__ = ["MOST_SWEEPS", "OnSweep", "Refinement", "refine"]

MOST_SWEEPS = 50
"""Where refinement ends that has not converged: `refined` means the same in every screen, command and method."""

OnSweep = Callable[[int, float], bool]
"""Called with the number of sweeps done and the relative error reached; returning False asks to stop."""

_DOUBLE_UP_TO = 2**22
"""Largest number of entries that are refined in float64 throughout."""
_CANCELS_BELOW = 0.01
"""Share of lost energy below which it is summed entry by entry: the difference of two large sums is inaccurate."""


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
    max_sweeps: int = MOST_SWEEPS,
    tolerance: float = 1e-6,
    on_sweep: OnSweep | None = None,
) -> Refinement:
    """Lower the truncation's error at these ranks.

    Converged means that further sweeps, if they go on as the last two did, would lower the error by no more than
    `tolerance` times itself. `on_sweep(0, error)` comes before any work, then one call after each sweep.

    Raises:
        RankError: ranks that no decomposition of the tensor can have.

    >>> from tensorllm_core.linalg.hosvd import hosvd
    >>> refine(hosvd(torch.randn(6, 3, 4, 2)), Ranks(6, 3, 4)).relative_errors[0]
    0.0
    """
    check_ranks(decomposition.shape, ranks)
    with torch.no_grad(), full_precision():
        core = decomposition.core
        core = core.double() if core.numel() <= _DOUBLE_UP_TO else core
        target = _Target(core, decomposition.norm**2)
        truncation = best = _truncation(target, ranks)
        errors = [truncation.relative_error]
        if on_sweep is not None and not on_sweep(0, errors[0]):
            return Refinement(truncate(decomposition, ranks), tuple(errors), 0, converged=False, stopped=True)
        running = _starts(target, truncation)
        best = min(best, *running, key=_error)
        errors.append(best.relative_error)
        sweeps, stopped = 0, False
        while running and sweeps < max_sweeps and not stopped:
            swept = [_progressed(directions, _sweep(target, directions)) for directions in running]
            running = [directions for directions in swept if directions.expected_gain > tolerance * _error(directions)]
            best = min(best, *swept, key=_error)
            errors.append(best.relative_error)
            sweeps += 1
            stopped = on_sweep is not None and not on_sweep(sweeps, best.relative_error) and bool(running)
        tucker = truncate(decomposition, ranks) if best is truncation else _tucker(decomposition, best)
        return Refinement(tucker, tuple(errors), sweeps, converged=not running, stopped=stopped)


@dataclass(frozen=True, eq=False)
class _Target:
    """What is to be approximated, and its squared norm."""

    core: Float[Tensor, "k1 k2 k3 group"]
    energy: float


@dataclass(frozen=True, eq=False)
class _Directions:
    """Orthonormal directions of the three modes in the coordinates of the full bases, and the core that they give."""

    u1: Float[Tensor, "k1 r1"]
    u2: Float[Tensor, "k2 r2"]
    u3: Float[Tensor, "k3 r3"]
    core: Float[Tensor, "r1 r2 r3 group"]
    relative_error: float
    last_gain: float = math.inf
    """How much the last sweep lowered the error."""
    expected_gain: float = math.inf
    """How much all further sweeps together would lower it, at the rate at which the gain falls."""


def _error(directions: _Directions) -> float:
    return directions.relative_error


def _truncation(target: _Target, ranks: Ranks) -> _Directions:
    """The truncated HOSVD."""
    u1, u2, u3 = (
        torch.eye(size, rank, dtype=target.core.dtype, device=target.core.device)
        for size, rank in zip(target.core.shape[:3], ranks, strict=True)
    )
    return _with_core(target, u1, u2, u3, target.core[: ranks.r1, : ranks.r2, : ranks.r3])


def _starts(target: _Target, truncation: _Directions) -> list[_Directions]:
    """Where to sweep from: mode 3, then 2, then 1 truncated, each after what the one before has left.

    The leading directions of mode 3 are the best ones while the other modes are whole: the truncation has them.
    A small tensor is also swept from the plain truncation, as the usual HOOI is: at low ranks the two may end
    in different local optima, and the better one is kept.
    """
    d = truncation
    r2, r3 = d.core.shape[1:3]
    plain = _with_first_mode(target, target.core[:, :r2, :r3], d.u1, d.u2, d.u3, _first_subspace)
    if _whole(d.u2) or _whole(d.u3):
        # The truncation's directions of mode 2 are the best ones then, and the two starts are one.
        return [plain]
    u2 = _best_directions(target.core[:, :, :r3], 2, d.u2)
    kept = later_modes(target.core[:, :, :r3], u2, None)
    sequential = _with_first_mode(target, kept, d.u1, u2, d.u3, _first_subspace)
    return [sequential, plain] if target.core.numel() <= _DOUBLE_UP_TO else [sequential]


def _sweep(target: _Target, start: _Directions) -> _Directions:
    """Improve modes 2, 3 and 1 in turn, each for the others' directions; the kept energy never falls."""
    projected = target.core if _whole(start.u1) else first_mode(target.core, start.u1)
    kept = projected if _whole(start.u3) else einsum(projected, start.u3, "r1 k2 k3 group, k3 r3 -> r1 k2 r3 group")
    u2 = _best_directions(kept, 2, start.u2)
    kept = projected if _whole(u2) else einsum(projected, u2, "r1 k2 k3 group, k2 r2 -> r1 r2 k3 group")
    u3 = _best_directions(kept, 3, start.u3)
    whole = _whole(u2) and _whole(u3)
    kept = target.core if whole else later_modes(target.core, u2, None if _whole(u3) else u3)
    return _with_first_mode(target, kept, start.u1, u2, u3, better_subspace)


def _progressed(before: _Directions, after: _Directions) -> _Directions:
    """What came of a sweep, with its gain; the gains of HOOI fall geometrically in the end."""
    gain = before.relative_error - after.relative_error
    # A fast fall at the beginning promises nothing: near a saddle the gain rises again.
    rate = max(0.5, gain / before.last_gain)
    expected = gain * rate / (1 - rate) if rate < 1 else math.inf
    return replace(after, last_gain=gain, expected_gain=expected if gain > 0 else 0.0)


def _best_directions(
    kept: Float[Tensor, "r1 k2 k3 group"], mode: int, start: Float[Tensor, "k r"]
) -> Float[Tensor, "k r"]:
    """The strongest directions of a small mode, exactly."""
    if _whole(start):
        return start
    return eigenvectors(gram(kept, mode))[:, : start.shape[1]].to(kept.dtype)


def _with_first_mode(
    target: _Target,
    kept: Float[Tensor, "k1 r2 r3 group"],
    start: Float[Tensor, "k1 r1"],
    u2: Float[Tensor, "k2 r2"],
    u3: Float[Tensor, "k3 r3"],
    improve: Callable[[Tensor, Tensor], Tensor],
) -> _Directions:
    """Improve mode 1 for what the directions of modes 2 and 3 have kept."""
    unfolding = rearrange(kept, "k1 r2 r3 group -> k1 (r2 r3 group)")
    u1 = start if _whole(start) else improve(unfolding, start)
    core = rearrange(u1.T @ unfolding, "r1 (r2 r3 group) -> r1 r2 r3 group", r2=kept.shape[1], r3=kept.shape[2])
    return _with_core(target, u1, u2, u3, core)


def _with_core(
    target: _Target,
    u1: Float[Tensor, "k1 r1"],
    u2: Float[Tensor, "k2 r2"],
    u3: Float[Tensor, "k3 r3"],
    core: Float[Tensor, "r1 r2 r3 group"],
) -> _Directions:
    lost = target.energy - float(group_energy(core).sum())
    if lost < _CANCELS_BELOW * target.energy:
        lost = _residual_energy(target.core, u1, later_modes(core, u2.T, u3.T))
    error = math.sqrt(max(0.0, lost) / target.energy) if target.energy else 0.0
    return _Directions(u1, u2, u3, core, error)


def _residual_energy(
    core: Float[Tensor, "k1 k2 k3 group"], u1: Float[Tensor, "k1 r1"], rows: Float[Tensor, "r1 k2 k3 group"]
) -> float:
    """Squared distance between the core and what is kept of it, block by block."""
    blocks = row_blocks(core)
    kept = (einsum(u, rows, "k1 r1, r1 k2 k3 group -> k1 k2 k3 group") for u in u1.split(len(blocks[0])))
    return sum(float(group_energy(block - part).sum()) for block, part in zip(blocks, kept, strict=True))


def _first_subspace(unfolding: Float[Tensor, "k1 column"], start: Float[Tensor, "k1 r1"]) -> Float[Tensor, "k1 r1"]:
    """For few directions a better subspace is the best one but for a trifle; for many the exact one pays once."""
    if has_few_directions(unfolding, start.shape[1]):
        return better_subspace(unfolding, start)
    return strongest_subspace(unfolding, start.shape[1])


def _whole(directions: Float[Tensor, "k r"]) -> bool:
    """Whether a mode keeps all its directions; they are then the identity, and stay so."""
    return directions.shape[0] == directions.shape[1]


def _tucker(decomposition: Hosvd, directions: _Directions) -> Tucker:
    """Back from the coordinates of the bases; the largest entry of each direction is positive, as in the bases."""
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
