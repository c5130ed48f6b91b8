"""How each layer's energy divides over Q, K, V and O, and how it would by chance."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from tensorllm_core.figures.layer_axis import beside, chosen_mark, layer_axis, spread
from tensorllm_core.figures.theme import Canvas, draw

__all__ = ["part_shares"]

_PROJECTIONS = ("Q", "K", "V", "O")
_LINE = 16
"""Height of a label, in pixels."""


def part_shares(
    shares: Mapping[int, Mapping[str, float]],
    chance: Mapping[str, float],
    count: int,
    canvas: Canvas,
    *,
    chosen: int | None = None,
) -> go.Figure:
    """A stacked bar for each layer, Q at the foot; dashed lines where the bars would break by chance.

    Args:
        shares: of Q, K, V and O for each layer that is there, summing to one; `customdata` of its bars is its number.
        chance: the shares of Gaussian weights; empty while there are none.
        count: of all layers of the model.
    """
    colours = canvas.look
    layers = sorted(shares)
    bars = [
        go.Bar(
            x=np.array(layers, dtype=np.float32),
            y=np.array([shares[layer][part] for layer in layers], dtype=np.float32),
            customdata=np.array(layers, dtype=np.int32),
            marker={"color": colours.parts[part], "line": {"width": 0}},
            unselected={"marker": {"opacity": 0.55}},
            width=0.8,
            hovertemplate=f"layer %{{x:.0f}}: {part} holds %{{y:.1%}}<br>click to choose<extra></extra>",
        )
        for part in _PROJECTIONS
    ]
    shapes = [] if chosen is None else [chosen_mark(chosen, colours)]
    names = []
    if chance:
        edges = np.cumsum([0.0, *(chance[part] for part in _PROJECTIONS)])
        across = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "yref": "y"}
        line = {"color": colours.ink, "width": 1.5, "dash": "dash"}
        shapes += [{**across, "y0": edge, "y1": edge, "line": line} for edge in edges[1:-1].tolist()]
        middles = ((edges[1:] + edges[:-1]) / 2).tolist()
        places = spread(middles, _LINE * canvas.scale / max(canvas.height - 8 - 36 * canvas.scale, 1))
        names = [
            beside(place, f"<b style='color:{colours.parts[part]}'>{part}</b> noise {chance[part]:.0%}", colours.muted)
            for part, place in zip(_PROJECTIONS, places, strict=True)
        ]
    return draw(
        bars,
        canvas,
        barmode="stack",
        margin={"t": 8, "r": 84 * canvas.scale},
        shapes=shapes,
        annotations=names,
        xaxis=layer_axis(count),
        yaxis={"title": {"text": "share of energy", "standoff": 6}, "range": [0, 1], "tickformat": ".0%", "nticks": 5},
    )
