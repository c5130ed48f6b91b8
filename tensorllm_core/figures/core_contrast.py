"""The cores of a few heads beside each other, slice by slice: one row for each head, one column for each slice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from tensorllm_core.figures.cells import MOST_CELLS, pool
from tensorllm_core.figures.theme import Canvas, draw

__all__ = ["NamedCore", "core_contrast"]

_MOST_SLICES = 4
_TOP, _FOOT = 36, 4
"""Margins, in pixels."""


@dataclass(frozen=True, eq=False)
class NamedCore:
    """The private core of one head and what to call its row."""

    name: str
    core: Float[np.ndarray, "r1 r2 r3"]


def core_contrast(cores: Sequence[NamedCore], canvas: Canvas) -> go.Figure:
    """The first slices of every core on one colour scale; R2 runs across and R1 down, the strongest at the top left."""
    colours = canvas.look
    columns = min(_MOST_SLICES, cores[0].core.shape[2])
    panels = [
        [pool(named.core[:, :, c], MOST_CELLS // max(columns, len(cores))) for c in range(columns)] for named in cores
    ]
    tall, wide = panels[0][0].shape
    gap_x = max(0.6, wide * 0.07)
    # Between two rows there is room for the lower one's name, whatever the number of rows.
    name, inside = 19 * canvas.scale, canvas.height - _TOP * canvas.scale - _FOOT
    gap_y = name * len(cores) * tall / max(inside - name * (len(cores) - 1), 1.0)
    limit = max(float(np.abs(panel).max()) for row in panels for panel in row) or 1.0
    traces: list[go.Heatmap] = []
    names: list[dict[str, Any]] = []
    for row, named in enumerate(cores):
        top = row * (tall + gap_y)
        for column in range(columns):
            left = column * (wide + gap_x)
            traces.append(
                go.Heatmap(
                    x0=left,
                    dx=1,
                    y0=top,
                    dy=1,
                    z=panels[row][column],
                    zmin=-limit,
                    zmax=limit,
                    colorscale=colours.signed_scale,
                    showscale=not traces,
                    colorbar={"thickness": 8, "outlinewidth": 0, "nticks": 5, "tickformat": ".2g"},
                    hovertemplate=f"{named.name}, c = {column + 1}: %{{z:.4f}}<extra></extra>",
                )
            )
            if row == 0:
                names.append(_text(left + (wide - 1) / 2, -0.5, f"c = {column + 1}", "center", 16 * canvas.scale))
        names.append(_text(-0.5, top - 0.5, f"<b>{named.name}</b>", "left", 0.0))
    hidden = {"visible": False}
    return draw(
        traces,
        canvas,
        margin={"l": 8, "r": 8, "t": _TOP * canvas.scale, "b": _FOOT},
        annotations=names,
        xaxis={**hidden, "range": [-0.5, columns * (wide + gap_x) - gap_x - 0.5]},
        yaxis={**hidden, "range": [len(cores) * (tall + gap_y) - gap_y - 0.5, -0.5]},
    )


def _text(x: float, y: float, text: str, anchor: str, lift: float) -> dict[str, Any]:
    return {"x": x, "y": y, "text": text, "xanchor": anchor, "yanchor": "bottom", "yshift": lift, "showarrow": False}
