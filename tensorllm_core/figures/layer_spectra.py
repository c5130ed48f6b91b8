"""The spectra of all layers as one picture: how far each singular value stands above, or below, Gaussian weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float, Int

from tensorllm_core.figures.axes import powers_of_two
from tensorllm_core.figures.cells import MOST_CELLS
from tensorllm_core.figures.layer_figure import draw_layers
from tensorllm_core.figures.theme import Canvas
from tensorllm_core.figures.traces import colour_bar, signed_colours

__all__ = ["layer_spectra"]

_MOST_LINEAR = 8
"""Spectra of at most so many singular values have a linear axis."""
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
        mode: 1, 2 or 3, for the axis.
        chosen: layer whose column gets a frame.
    """
    size = max((len(values) for values in spectra.values()), default=1)
    rows = _rows(size)
    ratios, values = _columns(spectra, chance, count, rows)
    finite = np.abs(ratios[np.isfinite(ratios)])
    limit = float(np.clip(finite.max() if finite.size else 0.0, _LEAST_LIMIT, _MOST_LIMIT))
    ticks = _ticks(limit)
    heat = go.Heatmap(
        x=np.arange(count, dtype=np.float32),
        y=(rows + 1).astype(np.float32),
        z=ratios,
        customdata=values,
        **signed_colours(limit, canvas.look),
        colorbar=colour_bar("times<br>noise", tickvals=ticks, ticktext=[f"{2.0**tick:.2g}" for tick in ticks]),
        hovertemplate=(
            "layer %{x:.0f}, singular value %{y:.0f}: %{customdata:.4f} of the norm"
            "<br>2^%{z:+.2f} times that of Gaussian weights<extra></extra>"
        ),
    )
    return draw_layers(
        [heat],
        canvas,
        count,
        chosen=chosen,
        margin={"l": (52 if size >= 1000 else 44) * canvas.scale},
        yaxis={"title": {"text": f"singular value, mode {mode}", "standoff": 4}, "showgrid": False, **_axis(size)},
    )


def _columns(
    spectra: Mapping[int, Float[np.ndarray, " k"]],
    chance: Float[np.ndarray, " k"] | None,
    count: int,
    rows: Int[np.ndarray, " row"],
) -> tuple[Float[np.ndarray, "row layer"], Float[np.ndarray, "row layer"]]:
    """Doublings from chance, and the singular values themselves, NaN where they are not known."""
    ratios = np.full((len(rows), count), np.nan, dtype=np.float32)
    values = np.full_like(ratios, np.nan)
    for layer, spectrum in spectra.items():
        values[:, layer] = spectrum[rows]
        if chance is not None:
            ratios[:, layer] = _doublings(spectrum, chance)[rows]
    return ratios, values


def _doublings(spectrum: Float[np.ndarray, " k"], chance: Float[np.ndarray, " k"]) -> Float[np.ndarray, " k"]:
    """`log2(spectrum / chance)`, where a zero is far below rather than infinitely so.

    >>> _doublings(np.array([4.0, 1.0]), np.array([1.0, 2.0])).tolist()
    [2.0, -1.0]
    """
    tiny = np.finfo(np.float32).eps
    return np.log2(np.maximum(spectrum, tiny) / np.maximum(chance, tiny)).astype(np.float32)


def _rows(size: int) -> Int[np.ndarray, " row"]:
    """Which singular values are drawn, counted from 0: all, or denser among the first."""
    if size <= MOST_CELLS:
        return np.arange(size)
    return np.unique(np.geomspace(1, size, MOST_CELLS).round().astype(int)) - 1


def _axis(size: int) -> dict[str, Any]:
    """The first singular value on top, with most room for the first ones."""
    if size <= _MOST_LINEAR:
        return {"range": [size + 0.5, 0.5], "dtick": 1, "tick0": 1}
    return {
        "type": "log",
        "range": [float(np.log10(size + 0.5)), float(np.log10(0.72))],
        "tickvals": powers_of_two(size),
    }


def _ticks(limit: float) -> list[float]:
    """Places of the colour bar's numbers: every doubling, or halves of it where the scale is short."""
    step = next(step for step in (0.25, 0.5, 1.0) if step == 1.0 or limit < 3 * step)
    reach = int(limit / step)
    return [step * number for number in range(-reach, reach + 1)]
