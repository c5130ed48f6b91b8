"""The private cores, one slice `G[:, :, c, g]` per group: all groups as small multiples, or one of them large."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from tensorllm_core.figures.cells import pool
from tensorllm_core.figures.theme import Canvas, draw

__all__ = ["core_mosaic", "core_slice"]

_MOST_PER_ROW = 16


def core_mosaic(
    slices: Float[np.ndarray, "r1 r2 group"],
    unit: str,
    canvas: Canvas,
    *,
    chosen: int | None = None,
) -> go.Figure:
    """Every group's slice on one colour scale, R2 across and R1 down, the first directions at the top left.

    Args:
        unit: what one panel is, `head` or `group`.
        canvas: its height is that of one row of panels.
        chosen: the panel whose name is set in bold.
    """
    colours = canvas.look
    count = slices.shape[2]
    per_row = min(count, _MOST_PER_ROW)
    rows = -(-count // per_row)
    most = max(8, 256 // max(per_row, rows))
    panels = [pool(slices[:, :, group], most) for group in range(count)]
    tall, wide = panels[0].shape
    # One trace for all panels, separated by empty cells, draws far faster than one trace each.
    gap_x, gap_y = max(1.0, wide * 0.09), max(1.0, tall * 0.2)
    limit = max(float(np.abs(slices).max()), float(np.finfo(np.float32).tiny))
    ticks = [-0.9 * limit, 0, 0.9 * limit]
    traces: list[go.Heatmap] = []
    names: list[dict[str, Any]] = []
    for group, panel in enumerate(panels):
        row, column = divmod(group, per_row)
        left, top = column * (wide + gap_x), row * (tall + gap_y)
        traces.append(
            go.Heatmap(
                x0=left,
                dx=1,
                y0=top,
                dy=1,
                z=panel,
                zmin=-limit,
                zmax=limit,
                colorscale=colours.signed_scale,
                showscale=group == 0,
                colorbar={"thickness": 8, "outlinewidth": 0, "tickvals": ticks, "tickformat": ".2g"},
                hovertemplate=f"{unit} {group}: %{{z:.4f}}<extra></extra>",
            )
        )
        name = f"{unit} {group}"
        names.append(
            {
                "x": left + (wide - 1) / 2,
                "y": top - 0.5,
                "yanchor": "bottom",
                "showarrow": False,
                "text": f"<b>{name}</b>" if group == chosen else name,
            }
        )
    hidden = {"visible": False}
    return draw(
        traces,
        replace(canvas, height=canvas.height * rows),
        margin={"l": 8, "r": 8, "t": 20 * canvas.scale, "b": 4},
        annotations=names,
        xaxis={**hidden, "range": [-0.5, per_row * (wide + gap_x) - gap_x - 0.5]},
        yaxis={**hidden, "range": [rows * (tall + gap_y) - gap_y - 0.5, -0.5]},
    )


def core_slice(matrix: Float[np.ndarray, "r1 r2"], limit: float, canvas: Canvas) -> go.Figure:
    """One slice large; `limit` is the colour scale's largest magnitude, the same for all slices to be compared."""
    colours = canvas.look
    heat = go.Heatmap(
        z=pool(matrix),
        x0=1,
        y0=1,
        dx=max(1.0, matrix.shape[1] / 256),
        dy=max(1.0, matrix.shape[0] / 256),
        zmin=-limit,
        zmax=limit,
        colorscale=colours.signed_scale,
        colorbar={"thickness": 10, "outlinewidth": 0, "tickformat": ".2g"},
        hovertemplate="direction %{y:.0f} of mode 1, %{x:.0f} of mode 2: %{z:.4f}<extra></extra>",
    )
    return draw(
        [heat],
        canvas,
        xaxis={"title": {"text": "direction of mode 2 (head width)"}, "showgrid": False, **_whole(matrix.shape[1])},
        yaxis={
            "title": {"text": "direction of mode 1 (model)"},
            "autorange": "reversed",
            "showgrid": False,
            **_whole(matrix.shape[0]),
        },
    )


def _whole(count: int) -> dict[str, Any]:
    """Ticks at whole directions only."""
    return {"dtick": max(1, count // 8), "tick0": 1}
