"""The private cores, one slice `G[:, :, c, g]` per group: all groups as small multiples, or one of them large."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from tensorllm_core.figures.cells import MOST_CELLS, pool, pooled_cells
from tensorllm_core.figures.core_panels import PanelGrid
from tensorllm_core.figures.labels import bold
from tensorllm_core.figures.theme import Canvas, draw
from tensorllm_core.figures.traces import robust_colours, robust_limit

__all__ = ["core_mosaic", "core_slice"]

_MOST_PER_ROW = 16


def core_mosaic(
    slices: Float[np.ndarray, "r1 r2 group"], unit: str, canvas: Canvas, *, chosen: int | None = None
) -> go.Figure:
    """Every group's slice on one robust colour scale, R2 across and R1 down, the first directions at the top left.

    Args:
        unit: what one panel is, `head` or `group`.
        canvas: its height is that of one row of panels.
        chosen: the panel whose name is set in bold.
    """
    count = slices.shape[2]
    columns = min(count, _MOST_PER_ROW)
    rows = -(-count // columns)
    panels = [pool(slices[:, :, group], max(8, MOST_CELLS // max(columns, rows))) for group in range(count)]
    tall, wide = panels[0].shape
    grid = PanelGrid(rows, columns, tall, wide, gap_y=max(1.0, tall * 0.2), gap_x=max(1.0, wide * 0.09))
    colours = robust_colours(slices, robust_limit(slices), canvas.look, thickness=8)
    traces: list[go.Heatmap] = []
    names: list[dict[str, Any]] = []
    for group, panel in enumerate(panels):
        row, column = divmod(group, columns)
        name = f"{unit} {group}"
        traces.append(grid.panel(panel, row, column, name, colours))
        names.append(grid.name(bold(name, group == chosen), row, column))
    return draw(
        traces,
        replace(canvas, height=canvas.height * rows),
        margin={"l": 8, "r": 8, "t": 20 * canvas.scale, "b": 4},
        annotations=names,
        **grid.axes(),
    )


def core_slice(matrix: Float[np.ndarray, "r1 r2"], limit: float, canvas: Canvas) -> go.Figure:
    """One slice large; `limit` is where the colour scale ends, the same for all slices to be compared."""
    heat = go.Heatmap(
        **pooled_cells(matrix, first=1),
        **robust_colours(matrix, limit, canvas.look),
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
