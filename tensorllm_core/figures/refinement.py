"""Error after each step of the refinement, between the certificate's bounds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from tensorllm_core.figures.shapes import line_across
from tensorllm_core.figures.theme import Canvas, draw

__all__ = ["refinement_curve"]

_MOST_NAMES = 9


def refinement_curve(relative_errors: Sequence[float], lower: float, canvas: Canvas) -> go.Figure:
    """The errors of the truncated HOSVD, of the sequential truncation and after each sweep, and the lower bound."""
    colours = canvas.look
    steps = len(relative_errors)
    names = ["HOSVD", "sequential", *(f"sweep {n}" for n in range(1, steps - 1))][:steps]
    # The first two steps and the last are always named, the others as far as there is room.
    ticks = sorted({0, *range(1, steps, max(1, steps // _MOST_NAMES)), steps - 1})
    line = go.Scatter(
        x=np.arange(steps),
        customdata=names,
        y=np.asarray(relative_errors, dtype=np.float64),
        mode="lines+markers",
        line={"color": colours.modes[1], "width": 2},
        marker={"size": 8},
        hovertemplate="%{customdata}: relative error %{y:.6f}<extra></extra>",
    )
    label = {
        "text": f"no Tucker decomposition of these ranks can be below {lower:.4f}",
        "x": 0,
        "xref": "paper",
        "xanchor": "left",
        "y": lower,
        "yanchor": "bottom",
        "showarrow": False,
    }
    return draw(
        [line],
        canvas,
        margin={"l": 64 * canvas.scale},
        shapes=[line_across(lower, colours.muted)],
        annotations=[label],
        xaxis={"tickvals": ticks, "ticktext": [names[step] for step in ticks], "range": [-0.5, steps - 0.5]},
        yaxis={"title": {"text": "relative error"}},
    )
