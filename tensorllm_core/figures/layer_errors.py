"""The least error of every layer at one compression ratio, beside what Gaussian weights lose there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from tensorllm_core.figures.labels import label_beside
from tensorllm_core.figures.layer_figure import chance_band, draw_layers
from tensorllm_core.figures.theme import Canvas
from tensorllm_core.figures.traces import clickable, ringed_marker

__all__ = ["layer_errors"]


def layer_errors(
    errors: Mapping[int, float],
    chance: Float[np.ndarray, " draw"],
    count: int,
    canvas: Canvas,
    *,
    chosen: int | None = None,
    notes: Mapping[int, str] | None = None,
) -> go.Figure:
    """A point for each layer, 0 to 1; `customdata` is its number, a ring marks the chosen one.

    Args:
        chance: errors of the Gaussian draws; empty while there are none.
        count: of all layers of the model.
        notes: what to say of a layer beside its error, for example its ranks.
    """
    colours = canvas.look
    layers = sorted(errors)
    notes = notes or {}
    ringed = np.array([layer == chosen for layer in layers], dtype=bool)
    points = go.Scatter(
        x=np.array(layers, dtype=np.float32),
        y=np.array([errors[layer] for layer in layers], dtype=np.float32),
        mode="lines+markers",
        line={"color": colours.muted, "width": 1},
        marker=ringed_marker(ringed, 8.0, colours.ink, colours.modes[1], canvas.scale),
        # Points at the edge of the plot are drawn whole.
        cliponaxis=False,
        hovertext=[f"layer {layer}: relative error {errors[layer]:.4f}<br>{notes.get(layer, '')}" for layer in layers],
        hovertemplate="%{hovertext}<br>click to choose<extra></extra>",
        **clickable(layers),
    )
    shapes: list[dict[str, Any]] = []
    labels: list[dict[str, Any]] = []
    if len(chance):
        mean = float(chance.mean())
        shapes = chance_band(chance, colours.muted)
        place = {"yref": "y", "yanchor": "auto", "xshift": 4, "align": "left"}
        labels = [label_beside(f"noise<br>{mean:.2f}", mean, colours.muted, **place)]
    return draw_layers(
        [points],
        canvas,
        count,
        margin={"r": 52 * canvas.scale},
        shapes=shapes,
        annotations=labels,
        yaxis={"title": {"text": "relative error", "standoff": 6}, "range": [0, 1.03], "nticks": 6},
    )
