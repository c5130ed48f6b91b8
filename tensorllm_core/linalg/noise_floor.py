"""A hint at good ranks that needs no data: how many singular values are larger than those of white noise.

The singular values of an m x N matrix of independent noise with standard deviation s end at the Marchenko-Pastur edge
`s (sqrt(N) + sqrt(m))`, and s follows from their median (Gavish and Donoho 2014). All unfoldings hold the same entries,
so one noise level serves all three modes; it comes from the unfolding with the most singular values. Real weights are
not a low-rank signal plus white noise, so this is only a hint.

Leading directions do not show the median. There the noise level follows from the energy of all that is not above the
edge: the same for white noise, larger where the spectrum has no flat end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from tensorllm_core.linalg.hosvd import Hosvd
from tensorllm_core.linalg.rank_choice import clamp_ranks
from tensorllm_core.types import Ranks

__all__ = ["NoiseFloor", "noise_floor"]

_ANGLES = 4096
"""How many points the integral over the Marchenko-Pastur density has."""
_ROUNDING = 8 * float(np.finfo(np.float32).eps)
"""A singular value below this share of the norm is only rounding: float32 entries and products err by half an eps."""


@dataclass(frozen=True)
class NoiseFloor:
    """Where the noise ends in each spectrum, and how many directions are stronger than that."""

    edges: tuple[float, float, float]
    """In modes 1, 2 and 3: a direction whose singular value is above the edge is more than noise."""
    noise_level: float
    """Standard deviation of the noise in each entry of the tensor."""
    ranks: Ranks
    """How many singular values of each mode are above its edge; at least one, and lowered to ranks that are valid."""


def noise_floor(decomposition: Hosvd) -> NoiseFloor:
    """The noise level, the edges and the ranks that the three spectra hint at."""
    # The noise level, from the longest spectrum.
    shape = decomposition.shape
    spectra = [spectrum.numpy() for spectrum in decomposition.spectra]
    longest = max(range(3), key=lambda mode: len(spectra[mode]))
    size = shape[longest]
    rest = None if decomposition.rest is None else float(decomposition.rest.energy.sum())
    if rest is not None:
        # Only mode 1 may be so long that it has leading directions first.
        longest, size = 0, shape.d_model
    level = _noise_level(spectra[longest], size, shape.entries // size, rest)
    # The edge of each mode. Without noise only rounding is left, which is not white and has no such edge.
    rounding = _ROUNDING * decomposition.norm
    edges = [max(rounding, level * (math.sqrt(size) + math.sqrt(shape.entries // size))) for size in shape[:3]]
    # The ranks: how many singular values are above the edge.
    counts = (int((spectrum > edge).sum()) for spectrum, edge in zip(spectra, edges, strict=True))
    return NoiseFloor((edges[0], edges[1], edges[2]), level, clamp_ranks(shape, Ranks(*counts)))


def _noise_level(spectrum: Float64[np.ndarray, " k"], rows: int, columns: int, rest: float | None) -> float:
    """The standard deviation of the noise, from the median of the singular values below the edge.

    The edge depends on the noise level, so the two are computed in turn until the number of singular values above the
    edge repeats. At the start the larger half of the spectrum counts as above. Each direction above the edge takes one
    row and one column from the matrix of noise.

    Args:
        rest: the energy outside a spectrum that has only its leading values; then the energy takes the median's place.
    """
    above = len(spectrum) // 2
    tried = set()
    level = 0.0
    while above not in tried:
        tried.add(above)
        # The noise level, if this many singular values are signal.
        noise = spectrum[above:]
        short, long = sorted((rows - above, columns - above))
        if rest is None:
            level = float(np.median(noise)) / math.sqrt(long * marchenko_pastur_median(short / long))
        else:
            level = math.sqrt((float((noise**2).sum()) + rest) / (short * long))
        # How many singular values are above the edge of that noise.
        above = min(int((spectrum > level * (math.sqrt(rows) + math.sqrt(columns))).sum()), len(spectrum) - 1)
    return level


def marchenko_pastur_median(aspect: float) -> float:
    """The median eigenvalue of `X X^T / N` for an m x N matrix X of unit noise; `aspect` is m / N, at most 1.

    >>> round(marchenko_pastur_median(1.0), 3)
    0.653
    >>> round(marchenko_pastur_median(0.01), 2)
    1.0
    """
    # With x = 1 + aspect - 2 sqrt(aspect) cos(t) the density over t is smooth: sin(t)^2 / x up to a factor.
    step = math.pi / _ANGLES
    angle = step * np.arange(1, _ANGLES + 1)

    def eigenvalue(at: Float64[np.ndarray, " angle"]) -> Float64[np.ndarray, " angle"]:
        return 1 + aspect - 2 * math.sqrt(aspect) * np.cos(at)

    # The integral of the density up to each angle; the median is where it has half of its last value.
    integral = np.cumsum(np.sin(angle - step / 2) ** 2 / eigenvalue(angle - step / 2))
    return float(np.interp(0.5, integral / integral[-1], eigenvalue(angle)))
