"""One projection of one head before and after the truncation, and their difference."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from tensorllm_core.figures.cells import pooled_cells
from tensorllm_core.figures.labels import label_above
from tensorllm_core.figures.theme import Canvas, draw
from tensorllm_core.figures.traces import colour_bar, robust_limit, signed_colours

__all__ = ["weights_before_after"]

_PANEL, _BETWEEN = 0.32, 0.02
"""Widths of a panel and of the space between two, as shares of the figure."""


def weights_before_after(
    before: Float[np.ndarray, "d_model d_head"], after: Float[np.ndarray, "d_model d_head"], canvas: Canvas
) -> go.Figure:
    """Three heat maps on one colour scale, the head width down and d_model across."""
    limit = robust_limit(before)
    panels = {"before": before, "after": after, "residual, before - after": before - after}
    traces: list[go.Heatmap] = []
    titles: list[dict[str, Any]] = []
    layout: dict[str, Any] = {"yaxis": {"title": {"text": "d_head"}, "showgrid": False}}
    for column, (name, matrix) in enumerate(panels.items()):
        left = column * (_PANEL + _BETWEEN)
        suffix = str(column + 1) if column else ""
        layout[f"xaxis{suffix}"] = {"title": {"text": "d_model"}, "domain": [left, left + _PANEL], "showgrid": False}
        titles.append(label_above(f"<b>{name}</b>", left + _PANEL / 2, 1.0))
        traces.append(
            go.Heatmap(
                **pooled_cells(matrix.T, first=0),
                **signed_colours(limit, canvas.look),
                xaxis=f"x{suffix}",
                yaxis="y",
                showscale=column == 2,
                colorbar=colour_bar(tickformat=".2g"),
                hovertemplate="d_model %{x:.0f}, d_head %{y:.0f}: %{z:.4f}<extra></extra>",
            )
        )
    return draw(traces, canvas, annotations=titles, **layout)
