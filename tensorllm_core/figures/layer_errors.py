"""The least error of every layer at one compression ratio, beside what Gaussian weights lose there."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from tensorllm_core.figures.layer_axis import chance_band, layer_axis
from tensorllm_core.figures.theme import Canvas, draw

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
        chance: errors of the Gaussian draws; none while there are none.
        count: of all layers of the model.
        notes: what to say of a layer beside its error, as its ranks.
    """
    colours = canvas.look
    layers = sorted(errors)
    # The ring is the point's own rim: another trace on top would take its clicks.
    ringed = np.array([layer == chosen for layer in layers], dtype=bool)
    known = notes or {}
    points = go.Scatter(
        x=np.array(layers, dtype=np.float32),
        y=np.array([errors[layer] for layer in layers], dtype=np.float32),
        customdata=np.array(layers, dtype=np.int32),
        mode="lines+markers",
        line={"color": colours.muted, "width": 1},
        marker={
            "color": colours.ink,
            "opacity": 1,
            "size": np.where(ringed, 13.0, 8.0) * canvas.scale,
            "line": {"color": colours.modes[1], "width": np.where(ringed, 3.0, 0.0) * canvas.scale},
        },
        unselected={"marker": {"opacity": 0.55}},
        # Points on the rim are drawn whole.
        cliponaxis=False,
        hovertext=[f"layer {layer}: relative error {errors[layer]:.4f}<br>{known.get(layer, '')}" for layer in layers],
        hovertemplate="%{hovertext}<br>click to choose<extra></extra>",
    )
    name = {
        "xref": "paper",
        "x": 1,
        "xanchor": "left",
        "xshift": 4,
        "yref": "y",
        "showarrow": False,
        "align": "left",
        "font": {"color": colours.muted},
    }
    label = [{**name, "y": float(chance.mean()), "text": f"noise<br>{chance.mean():.2f}"}] if len(chance) else []
    return draw(
        [points],
        canvas,
        margin={"t": 8, "r": 52 * canvas.scale},
        shapes=chance_band(chance, colours.muted) if len(chance) else [],
        annotations=label,
        xaxis=layer_axis(count),
        yaxis={"title": {"text": "relative error", "standoff": 6}, "range": [0, 1.03], "nticks": 6},
    )
