"""How alike the private cores of the heads are: the cosine of every two."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float, Int

from tensorllm_core.figures.axes import tick_step
from tensorllm_core.figures.cells import pool
from tensorllm_core.figures.labels import bold
from tensorllm_core.figures.shapes import frame
from tensorllm_core.figures.theme import Canvas, draw
from tensorllm_core.figures.traces import colour_bar, signed_colours

__all__ = ["similarity_map"]

_LEAST_LIMIT = 0.05
"""Least cosine at the ends of the colour scale, so that noise stays pale."""
_MOST_LABELLED, _MOST_WITH_GAPS = 12, 64
"""Most groups for which cells show their number, and have thin gaps between them."""


def similarity_map(
    similarity: Float[np.ndarray, "group group"],
    order: Int[np.ndarray, " group"],
    unit: str,
    canvas: Canvas,
    *,
    chosen: int | None = None,
) -> go.Figure:
    """Heat map of the cosines in this order, without the diagonal of ones; colours reach to the largest of them.

    Args:
        order: which group stands at each place.
        unit: what one row is, `head` or `group`.
        chosen: the group whose row and column are framed.
    """
    count = len(order)
    apart = similarity[np.ix_(order, order)].astype(np.float32)
    np.fill_diagonal(apart, 0.0)
    limit = max(float(np.abs(apart).max()), _LEAST_LIMIT)
    cells = pool(apart)
    whole = cells.shape == apart.shape
    if whole:
        np.fill_diagonal(cells, np.nan)
    step = count / len(cells)
    start = (step - 1) / 2
    heat = go.Heatmap(
        x0=start,
        dx=step,
        y0=start,
        dy=step,
        z=cells,
        customdata=_pairs(order) if whole else None,
        xgap=1 if count <= _MOST_WITH_GAPS else 0,
        ygap=1 if count <= _MOST_WITH_GAPS else 0,
        texttemplate="%{z:.2f}" if count <= _MOST_LABELLED else None,
        textfont={"size": 10 * canvas.scale},
        **signed_colours(limit, canvas.look),
        colorbar=colour_bar("cosine", tickformat=".2f", nticks=5),
        hovertemplate=f"{unit}s %{{customdata[0]}} and %{{customdata[1]}}: cosine %{{z:.3f}}<extra></extra>",
    )
    every = tick_step(count)
    ticks = {
        "tickvals": list(range(0, count, every)),
        "ticktext": [bold(f"{group}", group == chosen) for group in order[::every].tolist()],
        "showgrid": False,
        "zeroline": False,
    }
    places = [] if chosen is None else np.flatnonzero(order == chosen).tolist()
    return draw(
        [heat],
        canvas,
        margin={"t": 8},
        shapes=[frame(place, canvas.look, along=axis) for place in places for axis in "xy"],
        xaxis={"title": {"text": unit, "standoff": 4}, "range": [-0.5, count - 0.5], **ticks},
        yaxis={"title": {"text": unit, "standoff": 4}, "range": [count - 0.5, -0.5], **ticks},
    )


def _pairs(order: Int[np.ndarray, " group"]) -> Int[np.ndarray, "group group 2"]:
    """The two groups of every cell."""
    return np.stack(np.meshgrid(order, order, indexing="ij"), axis=-1).astype(np.int32)
