"""How each layer's energy divides over Q, K, V and O, and how it would by chance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go

from tensorllm_core.figures.layer_figure import chance_labels, draw_layers
from tensorllm_core.figures.shapes import line_across
from tensorllm_core.figures.theme import Canvas
from tensorllm_core.figures.traces import clickable

__all__ = ["part_shares"]


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
        chosen: layer whose column gets a frame.
    """
    colours = canvas.look
    layers = sorted(shares)
    bars = [
        go.Bar(
            x=np.array(layers, dtype=np.float32),
            y=np.array([shares[layer][part] for layer in layers], dtype=np.float32),
            marker={"color": colour, "line": {"width": 0}},
            width=0.8,
            hovertemplate=f"layer %{{x:.0f}}: {part} holds %{{y:.1%}}<br>click to choose<extra></extra>",
            **clickable(layers),
        )
        for part, colour in colours.parts.items()
    ]
    lines: list[dict[str, Any]] = []
    labels: list[dict[str, Any]] = []
    if chance:
        edges = np.cumsum([0.0, *(chance[part] for part in colours.parts)])
        lines = [line_across(edge, colours.ink) for edge in edges[1:-1].tolist()]
        labels = chance_labels(
            [
                f"<b style='color:{colour}'>{part}</b> noise {chance[part]:.0%}"
                for part, colour in colours.parts.items()
            ],
            ((edges[1:] + edges[:-1]) / 2).tolist(),
            [colours.muted] * len(colours.parts),
            canvas,
        )
    return draw_layers(
        bars,
        canvas,
        count,
        chosen=chosen,
        margin={"r": 84 * canvas.scale},
        shapes=lines,
        annotations=labels,
        barmode="stack",
        yaxis={"title": {"text": "share of energy", "standoff": 6}, "range": [0, 1], "tickformat": ".0%", "nticks": 5},
    )
