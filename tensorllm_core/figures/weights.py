"""One projection of one head before and after the truncation, and what was taken away."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from tensorllm_core.figures.cells import pool
from tensorllm_core.figures.theme import Canvas, draw

__all__ = ["weights_before_after"]

_PANEL, _BETWEEN = 0.32, 0.02
"""Widths of a panel and of the space between two, as shares of the figure."""


def weights_before_after(
    before: Float[np.ndarray, "d_model d_head"],
    after: Float[np.ndarray, "d_model d_head"],
    canvas: Canvas,
) -> go.Figure:
    """Three heat maps on one colour scale, the head width down and d_model across."""
    colours = canvas.look
    limit = float(np.quantile(np.abs(before), 0.995)) or 1.0
    panels = {"before": before, "after": after, "residual, before - after": before - after}
    traces, titles = [], []
    layout: dict[str, Any] = {"yaxis": {"title": {"text": "d_head"}, "showgrid": False}}
    for column, (name, matrix) in enumerate(panels.items()):
        left = column * (_PANEL + _BETWEEN)
        suffix = str(column + 1) if column else ""
        layout[f"xaxis{suffix}"] = {"title": {"text": "d_model"}, "domain": [left, left + _PANEL], "showgrid": False}
        titles.append({"text": f"<b>{name}</b>", "x": left + _PANEL / 2, "y": 1.0})
        traces.append(
            go.Heatmap(
                z=pool(matrix.T),
                xaxis=f"x{suffix}",
                yaxis="y",
                zmin=-limit,
                zmax=limit,
                dx=max(1.0, matrix.shape[0] / 256),
                dy=max(1.0, matrix.shape[1] / 256),
                x0=0,
                y0=0,
                colorscale=colours.signed_scale,
                showscale=column == 2,
                colorbar={"thickness": 10, "outlinewidth": 0, "tickformat": ".2g"},
                hovertemplate="d_model %{x:.0f}, d_head %{y:.0f}: %{z:.4f}<extra></extra>",
            )
        )
    common = {"xref": "paper", "yref": "paper", "yanchor": "bottom", "showarrow": False}
    return draw(traces, canvas, annotations=[{**common, **title} for title in titles], **layout)
