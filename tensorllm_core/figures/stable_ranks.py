"""Stable rank of every layer in the three modes, beside that of Gaussian weights."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from tensorllm_core.figures.layer_axis import beside, chance_band, chosen_mark, layer_axis, spread
from tensorllm_core.figures.theme import Canvas, draw

__all__ = ["stable_ranks"]

_LINE = 16
"""Height of a label, in pixels."""


def stable_ranks(
    ranks: Mapping[int, tuple[float, float, float]],
    chance: Float[np.ndarray, "draw mode"],
    count: int,
    canvas: Canvas,
    *,
    chosen: int | None = None,
) -> go.Figure:
    """One line for each mode in its colour, on a logarithmic axis, and dashed what chance gives.

    Args:
        ranks: of modes 1, 2 and 3 for each layer that is there; `customdata` of its points is its number.
        chance: of the Gaussian draws; none while there are none.
        count: of all layers of the model.
    """
    colours = canvas.look
    layers = sorted(ranks)
    values = np.array([ranks[layer] for layer in layers], dtype=np.float32).reshape(-1, 3)
    # A zero layer has a stable rank of zero, which a logarithmic axis cannot show.
    values = np.where(values > 0, values, np.nan)
    lines = [
        go.Scatter(
            x=np.array(layers, dtype=np.float32),
            y=values[:, mode],
            customdata=np.array(layers, dtype=np.int32),
            mode="lines+markers",
            line={"color": colour, "width": 2},
            marker={"color": colour, "size": 7 * canvas.scale, "opacity": 1},
            unselected={"marker": {"opacity": 0.55}},
            cliponaxis=False,
            hovertemplate=f"layer %{{x:.0f}}, mode {mode + 1}: rank %{{y:.2f}}<br>click to choose<extra></extra>",
        )
        for mode, colour in enumerate(colours.modes)
    ]
    shapes = [] if chosen is None else [chosen_mark(chosen, colours)]
    top = max([2.0, *values[np.isfinite(values)].tolist(), *chance.ravel().tolist()])
    low, high = float(np.log10(0.95)), float(np.log10(top * 1.25))
    names = []
    if len(chance):
        levels = [float(level) for level in chance.mean(axis=0)]
        places = spread(
            [(float(np.log10(max(level, 0.95))) - low) / (high - low) for level in levels],
            _LINE * canvas.scale / max(canvas.height - 8 - 36 * canvas.scale, 1),
        )
        for mode, colour in enumerate(colours.modes):
            shapes += chance_band(chance[:, mode], colour)
            names.append(beside(places[mode], f"<b>mode {mode + 1}</b> noise {levels[mode]:.3g}", colour))
    return draw(
        lines,
        canvas,
        margin={"t": 8, "r": 104 * canvas.scale},
        shapes=shapes,
        annotations=names,
        xaxis=layer_axis(count),
        yaxis={
            "title": {"text": "stable rank", "standoff": 6},
            "type": "log",
            "range": [low, high],
            "tickvals": [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000],
        },
    )
