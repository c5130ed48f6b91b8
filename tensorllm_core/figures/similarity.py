"""How alike the private cores of the heads are: the cosine of every two."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float, Int

from tensorllm_core.figures.cells import pool
from tensorllm_core.figures.theme import Canvas, draw

__all__ = ["similarity_map"]

_LEAST_LIMIT = 0.05
_MOST_LABELLED, _MOST_TICKS = 12, 16


def similarity_map(
    similarity: Float[np.ndarray, "group group"],
    order: Int[np.ndarray, " group"],
    unit: str,
    canvas: Canvas,
    *,
    chosen: int | None = None,
) -> go.Figure:
    """Heat map in that order, without its diagonal of ones, whose colours reach to the largest cosine of two groups.

    Args:
        order: which group stands at each place.
        unit: what one row is, `head` or `group`.
        chosen: the group whose row and column are framed.
    """
    colours = canvas.look
    count = len(order)
    ordered = similarity[np.ix_(order, order)].astype(np.float32)
    apart = ordered.copy()
    np.fill_diagonal(apart, 0.0)
    limit = max(float(np.abs(apart).max()), _LEAST_LIMIT)
    shown = pool(apart)
    if shown.shape == apart.shape:
        np.fill_diagonal(shown, np.nan)
    step = count / len(shown)
    heat = go.Heatmap(
        x0=(step - 1) / 2,
        dx=step,
        y0=(step - 1) / 2,
        dy=step,
        z=shown,
        customdata=_pairs(order) if shown.shape == apart.shape else None,
        zmin=-limit,
        zmax=limit,
        xgap=1 if count <= 64 else 0,
        ygap=1 if count <= 64 else 0,
        colorscale=colours.signed_scale,
        texttemplate="%{z:.2f}" if count <= _MOST_LABELLED else None,
        textfont={"size": 10 * canvas.scale},
        colorbar={"title": {"text": "cosine"}, "thickness": 10, "outlinewidth": 0, "tickformat": ".2f", "nticks": 5},
        hovertemplate=f"{unit}s %{{customdata[0]}} and %{{customdata[1]}}: cosine %{{z:.3f}}<extra></extra>",
    )
    every = max(1, -(-count // _MOST_TICKS))
    ticks = {
        "tickvals": list(range(0, count, every)),
        "ticktext": [_name(int(group), chosen) for group in order[::every]],
        "showgrid": False,
        "zeroline": False,
    }
    return draw(
        [heat],
        canvas,
        margin={"t": 8},
        shapes=_frames(order, chosen, colours.ink),
        xaxis={"title": {"text": unit, "standoff": 4}, "range": [-0.5, count - 0.5], **ticks},
        yaxis={"title": {"text": unit, "standoff": 4}, "range": [count - 0.5, -0.5], **ticks},
    )


def _name(group: int, chosen: int | None) -> str:
    return f"<b>{group}</b>" if group == chosen else f"{group}"


def _pairs(order: Int[np.ndarray, " group"]) -> np.ndarray:
    return np.stack(np.meshgrid(order, order, indexing="ij"), axis=-1).astype(np.int32)


def _frames(order: Int[np.ndarray, " group"], chosen: int | None, ink: str) -> list[dict[str, Any]]:
    """Frames around the chosen group's row and column."""
    places = [] if chosen is None else np.flatnonzero(order == chosen).tolist()
    line = {"color": ink, "width": 1.5}
    return [
        {
            "type": "rect",
            f"{along}0": place - 0.5,
            f"{along}1": place + 0.5,
            f"{other}0": 0,
            f"{other}1": 1,
            f"{other}ref": "paper",
            "line": line,
        }
        for place in places
        for along, other in (("x", "y"), ("y", "x"))
    ]
