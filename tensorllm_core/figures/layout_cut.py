"""One small stored matrix twice, its entries shaded by the head that a layout puts them in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Int

from tensorllm_core.figures.labels import label_above
from tensorllm_core.figures.theme import Canvas, Look, draw

__all__ = ["layout_cut"]

_BETWEEN = 0.17
"""Space between two matrices, as a share of the figure."""


def layout_cut(
    head_of: Mapping[str, Int[np.ndarray, "output input"]],
    number: Int[np.ndarray, "output input"],
    true_heads: Int[np.ndarray, " output"],
    canvas: Canvas,
) -> go.Figure:
    """A matrix per layout, side by side; shades of one hue show the slices, dashed lines the model's own heads.

    Args:
        head_of: for each layout, by its name, the head of every entry.
        number: the entries themselves, written into the cells.
        true_heads: the head of the model that each output belongs to.
    """
    colours = canvas.look
    count = int(max(heads.max() for heads in head_of.values())) + 1
    width = (1 - _BETWEEN * (len(head_of) - 1)) / len(head_of)
    rows, columns = number.shape
    traces: list[go.Heatmap] = []
    texts: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    layout: dict[str, Any] = {}
    font = {"size": 12 * canvas.scale}
    for place, (name, heads) in enumerate(head_of.items()):
        suffix = str(place + 1) if place else ""
        left = place * (width + _BETWEEN)
        traces.append(_cells(heads, number, count, colours, canvas.scale, suffix))
        texts.append(label_above(f"<b>{name}</b>", left + width / 2, 1.0, xanchor="center", yshift=18))
        texts += _names(heads, suffix)
        lines += _boundaries(true_heads, columns, suffix, colours)
        plain = {"showgrid": False, "zeroline": False, "showticklabels": False, "ticks": ""}
        layout[f"xaxis{suffix}"] = {
            **plain,
            "title": {"text": "input", "standoff": 4, "font": font},
            "domain": [left, left + width],
            "range": [-0.5, columns - 0.5],
        }
        layout[f"yaxis{suffix}"] = {
            **plain,
            "anchor": f"x{suffix}",
            "title": {"text": "output", "standoff": 4, "font": font},
            "range": [rows - 0.5, -0.5],
        }
    margin = {"l": 26 * canvas.scale, "r": 46 * canvas.scale, "t": 40 * canvas.scale, "b": 24 * canvas.scale}
    return draw(traces, canvas, margin=margin, annotations=texts, shapes=lines, **layout)


def _cells(
    heads: Int[np.ndarray, "output input"],
    number: Int[np.ndarray, "output input"],
    count: int,
    colours: Look,
    scale: float,
    suffix: str,
) -> go.Heatmap:
    return go.Heatmap(
        z=heads.astype(np.float32),
        text=number.astype(np.int32),
        texttemplate="%{text}",
        textfont={"size": 11 * scale},
        xaxis=f"x{suffix}",
        yaxis=f"y{suffix}",
        # The ends of the scale are left out: one is the ground, the other too near its neighbour.
        zmin=-0.5,
        zmax=count - 0.75,
        xgap=1,
        ygap=1,
        colorscale=colours.error_scale,
        showscale=False,
        hovertemplate="entry %{text}: output %{y}, input %{x}, in slice %{z:.0f}<extra></extra>",
    )


def _names(heads: Int[np.ndarray, "output input"], suffix: str) -> list[dict[str, Any]]:
    """The name of every slice, at the right of its rows or above its columns."""
    common = {"showarrow": False, "xref": f"x{suffix}", "yref": f"y{suffix}"}
    by_row = bool((heads == heads[:, :1]).all())
    names = []
    for head in np.unique(heads):
        row, column = (float(places.mean()) for places in np.nonzero(heads == head))
        if by_row:
            spot = {"x": heads.shape[1] - 0.5, "y": row, "xanchor": "left", "xshift": 4}
        else:
            spot = {"x": column, "y": -0.5, "xanchor": "center", "yanchor": "bottom"}
        names.append({"text": f"slice {head}", **common, **spot})
    return names


def _boundaries(
    true_heads: Int[np.ndarray, " output"], columns: int, suffix: str, colours: Look
) -> list[dict[str, Any]]:
    """Dashed lines between the outputs of two heads of the model."""
    return [
        {
            "type": "line",
            "x0": -0.5,
            "x1": columns - 0.5,
            "y0": row + 0.5,
            "y1": row + 0.5,
            "xref": f"x{suffix}",
            "yref": f"y{suffix}",
            "line": {"color": colours.modes[1], "width": 2.5, "dash": "dash"},
        }
        for row in np.flatnonzero(np.diff(true_heads)).tolist()
    ]
