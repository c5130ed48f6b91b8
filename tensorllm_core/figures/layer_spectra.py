"""The spectra of all layers as one picture: how far each singular value stands above, or below, Gaussian weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from tensorllm_core.figures.cells import MOST_CELLS
from tensorllm_core.figures.layer_axis import chosen_mark, layer_axis
from tensorllm_core.figures.theme import Canvas, draw

__all__ = ["layer_spectra"]

_MOST_LINEAR = 8
"""Spectra of at most so many singular values have a linear axis."""
_MOST_TICKS = 8
_LEAST_LIMIT, _MOST_LIMIT = 0.25, 3.0
"""Bounds of the colour scale, in doublings: noise stays pale, and a vanishing value does not hide the rest."""


def layer_spectra(
    spectra: Mapping[int, Float[np.ndarray, " k"]],
    chance: Float[np.ndarray, " k"] | None,
    count: int,
    mode: int,
    canvas: Canvas,
    *,
    chosen: int | None = None,
) -> go.Figure:
    """Heat map, layers across and singular values down; the colour is the ratio to chance on a scale of doublings.

    Args:
        spectra: of each layer that is there, over its norm; all of one length.
        chance: the same of Gaussian weights; None while there is none.
        count: of all layers of the model.
    """
    colours = canvas.look
    size = max((len(values) for values in spectra.values()), default=1)
    shown = _shown(size)
    ratios = np.full((len(shown), count), np.nan, dtype=np.float32)
    values = np.full_like(ratios, np.nan)
    for layer, spectrum in spectra.items():
        values[:, layer] = spectrum[shown]
        if chance is not None:
            ratios[:, layer] = doublings(spectrum, chance)[shown]
    finite = np.abs(ratios[np.isfinite(ratios)])
    limit = float(np.clip(finite.max() if finite.size else 0.0, _LEAST_LIMIT, _MOST_LIMIT))
    ticks = _ticks(limit)
    heat = go.Heatmap(
        x=np.arange(count, dtype=np.float32),
        y=(shown + 1).astype(np.float32),
        z=ratios,
        customdata=values,
        zmin=-limit,
        zmax=limit,
        colorscale=colours.signed_scale,
        colorbar={
            "title": {"text": "times<br>noise"},
            "thickness": 10,
            "outlinewidth": 0,
            "tickvals": ticks,
            "ticktext": [f"{2.0**tick:.2g}" for tick in ticks],
        },
        hovertemplate=(
            "layer %{x:.0f}, singular value %{y:.0f}: %{customdata:.4f} of the norm"
            "<br>%{z:+.2f} doublings from Gaussian weights<extra></extra>"
        ),
    )
    return draw(
        [heat],
        canvas,
        margin={"t": 8, "l": (52 if size >= 1000 else 44) * canvas.scale},
        shapes=[] if chosen is None else [chosen_mark(chosen, colours)],
        xaxis=layer_axis(count),
        yaxis={"title": {"text": f"singular value, mode {mode}", "standoff": 4}, "showgrid": False, **_axis(size)},
    )


def doublings(spectrum: Float[np.ndarray, " k"], chance: Float[np.ndarray, " k"]) -> np.ndarray:
    """`log2(spectrum / chance)`, where a zero is far below rather than infinitely so.

    >>> doublings(np.array([4.0, 1.0]), np.array([1.0, 2.0])).tolist()
    [2.0, -1.0]
    """
    tiny = np.finfo(np.float32).eps
    return np.log2(np.maximum(spectrum, tiny) / np.maximum(chance, tiny)).astype(np.float32)


def _shown(size: int) -> np.ndarray:
    """Which singular values are drawn, counted from 0: all, or denser among the first."""
    if size <= MOST_CELLS:
        return np.arange(size)
    return np.unique(np.geomspace(1, size, MOST_CELLS).round().astype(int)) - 1


def _axis(size: int) -> dict[str, Any]:
    """The first singular value on top, with most room for the first ones."""
    if size <= _MOST_LINEAR:
        return {"range": [size + 0.5, 0.5], "dtick": 1, "tick0": 1}
    ticks = 2 ** np.arange(int(np.log2(size)) + 1)
    return {
        "type": "log",
        "range": [float(np.log10(size + 0.5)), float(np.log10(0.72))],
        "tickvals": ticks[:: -(-len(ticks) // _MOST_TICKS)].tolist(),
    }


def _ticks(limit: float) -> list[float]:
    """Places of the colour bar's numbers: every doubling, or halves of it where the scale is short."""
    step = next(step for step in (0.25, 0.5, 1.0) if step == 1.0 or limit < 3 * step)
    reach = int(limit / step)
    return [step * number for number in range(-reach, reach + 1)]
