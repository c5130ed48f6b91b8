"""A hint at the ranks that needs no data: singular values that stick out of white noise.

The singular values of an m x N matrix of independent noise of standard deviation s end at the
Marchenko-Pastur edge `s (sqrt(N) + sqrt(m))`, and their median gives s away (Gavish and Donoho 2014). All
unfoldings hold the same entries, so one noise level, read off the unfolding with the most singular
values, serves all three modes. Real weights are not low-rank plus white noise: this stays a hint.
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
_ROUNDING = 8 * float(np.finfo(np.float32).eps)
"""Share of the norm below which everything is rounding: float32 entries are half an eps off, and so are products."""


@dataclass(frozen=True)
class NoiseFloor:
    """Where noise ends in each spectrum, and the ranks that stand above it."""

    edges: tuple[float, float, float]
    """Singular value of modes 1, 2 and 3 above which a direction is more than noise."""
    noise_level: float
    """Standard deviation of the noise in each entry of the tensor."""
    ranks: Ranks
    """How many directions stand above each edge; at least one, and valid together."""


def noise_floor(decomposition: Hosvd) -> NoiseFloor:
    """Noise level, edges and ranks hinted at by the three spectra."""
    shape = decomposition.shape
    spectra = [spectrum.numpy() for spectrum in decomposition.spectra]
    longest = max(range(3), key=lambda mode: len(spectra[mode]))
    size = shape[longest]
    level = _noise_level(spectra[longest], size, shape.entries // size)
    # Where there is no noise, what is left is rounding, which is not white and has no such edge.
    rounding = _ROUNDING * decomposition.norm
    edges = [max(rounding, level * (math.sqrt(size) + math.sqrt(shape.entries // size))) for size in shape[:3]]
    counts = (int((spectrum > edge).sum()) for spectrum, edge in zip(spectra, edges, strict=True))
    return NoiseFloor((edges[0], edges[1], edges[2]), level, clamp_ranks(shape, Ranks(*counts)))


def _noise_level(spectrum: Float64[np.ndarray, " k"], rows: int, columns: int) -> float:
    """Standard deviation of the noise, from the median of the singular values below the edge.

    Starts from the smaller half of the spectrum, then takes in what lies below the edge until that no
    longer changes; directions above the edge take their share of rows and columns with them.
    """
    above = len(spectrum) // 2
    seen = set()
    level = 0.0
    while above not in seen:
        seen.add(above)
        bulk = spectrum[above:]
        short, long = sorted((rows - above, columns - above))
        level = float(np.median(bulk)) / math.sqrt(long * marchenko_pastur_median(short / long))
        above = min(int((spectrum > level * (math.sqrt(rows) + math.sqrt(columns))).sum()), len(spectrum) - 1)
    return level


def marchenko_pastur_median(aspect: float) -> float:
    """Median of the eigenvalues of `X X^T / N` for an m x N matrix X of unit noise; `aspect` is m / N, at most 1.

    >>> round(marchenko_pastur_median(1.0), 3)
    0.653
    >>> round(marchenko_pastur_median(0.01), 2)
    1.0
    """
    # With x = 1 + aspect + 2 sqrt(aspect) cos(t) the density is smooth: sin(t)^2 / x up to a factor.
    step = math.pi / _ANGLES
    angle = step * np.arange(1, _ANGLES + 1)

    def value(at: Float64[np.ndarray, " angle"]) -> Float64[np.ndarray, " angle"]:
        return 1 + aspect - 2 * math.sqrt(aspect) * np.cos(at)

    weight = np.cumsum(np.sin(angle - step / 2) ** 2 / value(angle - step / 2))
    return float(np.interp(0.5, weight / weight[-1], value(angle)))
