"""One look for every figure: the common layout, in the colours of `looks`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
from plotly.basedatatypes import BaseTraceType

from tensorllm_core.figures.looks import Appearance, Look, look

__all__ = ["Appearance", "Canvas", "Look", "draw", "look", "part_colour"]


@dataclass(frozen=True)
class Canvas:
    """What a figure is drawn on.

    Attributes:
        appearance: the ground.
        height: of the figure, in pixels, at this scale.
        scale: of the type; 1 on a desk, about 1.3 for a projector.
    """

    appearance: Appearance
    height: int
    scale: float = 1.0

    @property
    def look(self) -> Look:
        """The colours for this ground."""
        return look(self.appearance)


def part_colour(part: str, colours: Look) -> str:
    """Colour of a slice of mode 3: all query slices of a group have that of Q, all output slices that of O.

    >>> part_colour("Q2", look(Appearance.LIGHT)) == part_colour("Q", look(Appearance.LIGHT))
    True
    """
    return colours.parts[part[0]]


def draw(traces: Sequence[BaseTraceType], canvas: Canvas, **layout: Any) -> go.Figure:
    """A figure of these traces in the common look.

    Plotly checks the whole layout once, as plain data: its own updates take far longer.

    Args:
        layout: as plotly's; missing margins, and missing settings of each axis, come from the common look.
    """
    colours, scale = canvas.look, canvas.scale
    size = 12 * scale
    margin = {"l": 44 * scale, "r": 10, "t": 26 * scale, "b": 36 * scale, **layout.pop("margin", {})}
    common = {
        "height": canvas.height,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "Source Sans, Source Sans Pro, Segoe UI, sans-serif", "size": size, "color": colours.ink},
        "showlegend": False,
        "uirevision": "keep",
    }
    axis = {
        "gridcolor": colours.grid,
        "linecolor": colours.grid,
        "zerolinecolor": colours.grid,
        "tickfont": {"size": size * 0.9, "color": colours.muted},
        "automargin": False,
    }
    axes = {"xaxis": {}, "yaxis": {}} | {name: layout[name] for name in layout if name[1:5] == "axis"}
    settings = {name: {**axis, **own} for name, own in axes.items()}
    return go.Figure(list(traces), {**common, **layout, **settings, "margin": margin})
