"""Each head, or KV group, in two bars: its share of the layer's energy, and what the ranks lose of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from tensorllm_core.figures.axes import number_axis
from tensorllm_core.figures.shapes import line_across
from tensorllm_core.figures.theme import Canvas, draw
from tensorllm_core.figures.traces import clickable

__all__ = ["group_profile"]

_BETWEEN = 0.12
"""Share of the height between the two panels."""


def group_profile(
    energy: Float[np.ndarray, " group"],
    error: Float[np.ndarray, " group"],
    unit: str,
    canvas: Canvas,
    *,
    overall: float,
    chosen: int | None = None,
) -> go.Figure:
    """Energy on top, relative error below; `customdata` of a bar is its number, the chosen one has a rim.

    Args:
        energy: shares of the tensor's squared norm, summing to one; dashed is the equal share.
        error: of each group, relative to its own norm; dashed is the `overall` one.
        unit: what one bar is, `head` or `group`.
    """
    colours = canvas.look
    count = len(energy)
    rim = {"color": colours.modes[1], "width": np.where(np.arange(count) == chosen, 2.5, 0.0)}
    return draw(
        [
            _bars(energy, "y", {"color": colours.muted, "line": rim}, f"{unit} %{{x:.0f}}: %{{y:.1%}} of the energy"),
            _bars(
                error,
                "y2",
                {"color": colours.error_scale[-2][1], "line": rim},
                f"{unit} %{{x:.0f}}: relative error %{{y:.3f}}",
            ),
        ],
        canvas,
        margin={"t": 8, "l": 52 * canvas.scale},
        shapes=[line_across(1 / count, colours.ink), line_across(overall, colours.ink, yref="y2")],
        xaxis={**number_axis(unit, count), "range": [-0.6, count - 0.4], "anchor": "y2"},
        yaxis={
            "title": {"text": "energy", "standoff": 6},
            "domain": [0.5 + _BETWEEN / 2, 1],
            "tickformat": ".0%",
            "rangemode": "tozero",
            "nticks": 4,
        },
        yaxis2={
            "title": {"text": "error", "standoff": 6},
            "domain": [0, 0.5 - _BETWEEN / 2],
            "range": [0, 1.02],
            "nticks": 4,
        },
    )


def _bars(values: Float[np.ndarray, " group"], axis: str, marker: dict[str, Any], hover: str) -> go.Bar:
    return go.Bar(
        x=np.arange(len(values), dtype=np.float32),
        y=values.astype(np.float32),
        yaxis=axis,
        width=0.75,
        marker=marker,
        hovertemplate=f"{hover}<br>click to choose<extra></extra>",
        **clickable(range(len(values))),
    )
