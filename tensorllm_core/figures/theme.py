"""One look for every figure: each mode and each part keeps one colour, safe for colour-blind eyes, on light and dark.

The seven hues are those of Okabe and Ito (2008), "Color universal design"; the yellow is darkened on
a light ground, where it would otherwise vanish.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import plotly.graph_objects as go
from plotly.basedatatypes import BaseTraceType

__all__ = ["Appearance", "Canvas", "Look", "draw", "look", "part_colour"]


class Appearance(StrEnum):
    """The ground that a figure is drawn on."""

    LIGHT = "light"
    DARK = "dark"


ColourScale = tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class Look:
    """Colours of one appearance, as CSS colour texts."""

    ink: str
    muted: str
    grid: str
    ground: str
    accent: str
    warning: str
    modes: tuple[str, str, str]
    parts: dict[str, str]
    error_scale: ColourScale
    signed_scale: ColourScale


_MODES = ("#0072B2", "#D55E00", "#009E73")
_LIGHT = Look(
    ink="#1f2328",
    muted="#656d76",
    grid="rgba(31,35,40,0.10)",
    ground="#ffffff",
    accent="#111827",
    warning="#a34700",
    modes=_MODES,
    parts={"Q": "#CC79A7", "K": "#56B4E9", "V": "#E69F00", "O": "#A39300"},
    error_scale=((0.0, "#f4faf7"), (0.25, "#c4dde2"), (0.5, "#86b0c9"), (0.75, "#4a76a8"), (1.0, "#27407a")),
    signed_scale=((0.0, "#8a3a00"), (0.25, "#e08b4f"), (0.5, "#f7f7f7"), (0.75, "#5fa8d3"), (1.0, "#08477a")),
)
_DARK = Look(
    ink="#e6edf3",
    muted="#9aa4af",
    grid="rgba(230,237,243,0.13)",
    ground="#0e1117",
    accent="#f8fafc",
    warning="#ffa657",
    modes=("#4BA6E0", "#F28A3C", "#2FC79A"),
    parts={"Q": "#DE93BF", "K": "#7CC8F2", "V": "#F2B633", "O": "#F0E442"},
    error_scale=((0.0, "#14201f"), (0.25, "#17363f"), (0.5, "#1f4f6b"), (0.75, "#356f9f"), (1.0, "#5f93cf")),
    signed_scale=((0.0, "#ffb27a"), (0.25, "#a85a1f"), (0.5, "#161b22"), (0.75, "#2f7fb8"), (1.0, "#9bd5ff")),
)
_LOOKS = {Appearance.LIGHT: _LIGHT, Appearance.DARK: _DARK}


def look(appearance: Appearance) -> Look:
    """The colours for that ground."""
    return _LOOKS[appearance]


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
