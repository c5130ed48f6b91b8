"""Each head, or KV group, in two bars: its share of the layer's energy, and what the ranks lose of it."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from tensorllm_core.figures.theme import Canvas, Look, draw

__all__ = ["group_profile"]

_BETWEEN = 0.12
"""Share of the height between the two panels."""
_MOST_TICKS = 16


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
    equal = 1 / count
    across = {"type": "line", "xref": "paper", "x0": 0, "x1": 1}
    dashed = {"color": colours.ink, "width": 1.5, "dash": "dash"}
    return draw(
        [
            _bars(energy, f"{unit} %{{x:.0f}}: %{{y:.1%}} of the energy", "y", chosen, colours, colours.muted),
            _bars(
                error,
                f"{unit} %{{x:.0f}}: relative error %{{y:.3f}}",
                "y2",
                chosen,
                colours,
                colours.error_scale[-2][1],
            ),
        ],
        canvas,
        margin={"t": 8, "r": 10, "l": 52 * canvas.scale},
        shapes=[
            {**across, "yref": "y", "y0": equal, "y1": equal, "line": dashed},
            {**across, "yref": "y2", "y0": overall, "y1": overall, "line": dashed},
        ],
        xaxis={
            "title": {"text": unit, "standoff": 4},
            "range": [-0.6, count - 0.4],
            "dtick": max(1, -(-count // _MOST_TICKS)),
            "tick0": 0,
            "showgrid": False,
            "zeroline": False,
            "anchor": "y2",
        },
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


def _bars(
    values: Float[np.ndarray, " group"], hover: str, axis: str, chosen: int | None, colours: Look, colour: str
) -> go.Bar:
    rimmed = np.where(np.arange(len(values)) == chosen, 2.5, 0.0)
    return go.Bar(
        x=np.arange(len(values), dtype=np.float32),
        y=values.astype(np.float32),
        yaxis=axis,
        customdata=np.arange(len(values), dtype=np.int32),
        width=0.75,
        marker={"color": colour, "line": {"color": colours.modes[1], "width": rimmed}},
        unselected={"marker": {"opacity": 0.55}},
        hovertemplate=f"{hover}<br>click to choose<extra></extra>",
    )
