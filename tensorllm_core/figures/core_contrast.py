"""The cores of a few heads beside each other, slice by slice: one row for each head, one column for each slice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from tensorllm_core.figures.cells import MOST_CELLS, pool
from tensorllm_core.figures.core_panels import PanelGrid
from tensorllm_core.figures.theme import Canvas, draw
from tensorllm_core.figures.traces import robust_colours, robust_limit

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
    rows, columns = len(cores), min(_MOST_SLICES, cores[0].core.shape[2])
    panels = [[pool(head.core[:, :, c], MOST_CELLS // max(columns, rows)) for c in range(columns)] for head in cores]
    tall, wide = panels[0][0].shape
    # Between two rows there is room for the lower one's name, whatever the number of rows.
    name, inside = 19 * canvas.scale, canvas.height - _TOP * canvas.scale - _FOOT
    gap_y = name * rows * tall / max(inside - name * (rows - 1), 1.0)
    grid = PanelGrid(rows, columns, tall, wide, gap_y, gap_x=max(0.6, wide * 0.07))
    drawn = np.stack([head.core[:, :, :columns] for head in cores])
    colours = robust_colours(drawn, robust_limit(drawn), canvas.look, thickness=8)
    above = {"xanchor": "center", "yshift": 16 * canvas.scale}
    left = {"x": -0.5, "xanchor": "left", "yshift": 0}
    return draw(
        [
            grid.panel(panel, row, column, f"{head.name}, c = {column + 1}", colours)
            for row, head in enumerate(cores)
            for column, panel in enumerate(panels[row])
        ],
        canvas,
        margin={"l": 8, "r": 8, "t": _TOP * canvas.scale, "b": _FOOT},
        annotations=[
            *(grid.name(f"c = {column + 1}", 0, column, **above) for column in range(columns)),
            *(grid.name(f"<b>{head.name}</b>", row, 0, **left) for row, head in enumerate(cores)),
        ],
        **grid.axes(),
    )
