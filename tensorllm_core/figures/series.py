"""How the subjects of a comparison look: the same name has the same colour, dash and symbol in every figure.

The edit stands out, the original is in ink, controls are thin and dashed. Only the edit has the colour of a mode, the
orange that marks what is chosen. Dashes and symbols tell the subjects apart without colour.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tensorllm_core.figures.theme import Appearance, look

__all__ = ["REFERENCE", "Legend", "SeriesLook", "faint", "legend", "series_looks"]

REFERENCE = "original"
"""Name of the subject that others are compared with."""

_SIGNS = {
    "circle": "●",
    "circle-open": "○",
    "square": "■",
    "diamond": "◆",
    "triangle-up": "▲",
    "cross": "✚",
    "x-thin": "✕",
}
_LINE = 76
"""Most letters in a line of the legend at scale 1: half a screen wide."""

_CONTROLS = {
    Appearance.LIGHT: ("#6f4bb2", "#3f6f80", "#77773f", "#8a5a6a"),
    Appearance.DARK: ("#b79cff", "#8fbccd", "#c2c27f", "#d3a3b4"),
}
_DASHES = ("dash", "dot", "dashdot", "longdash")
_SYMBOLS = ("square", "diamond", "triangle-up", "cross")


@dataclass(frozen=True)
class SeriesLook:
    """How one subject is drawn; `dash` and `symbol` as plotly names them."""

    colour: str
    dash: str
    symbol: str
    width: float

    def line(self, scale: float) -> dict[str, Any]:
        """Plotly's settings of the line; `scale` is that of the type."""
        return {"color": self.colour, "width": self.width * scale, "dash": self.dash}

    def marker(self, size: float) -> dict[str, Any]:
        """Plotly's settings of the markers; `size` is in pixels."""
        return {"color": self.colour, "symbol": self.symbol, "size": size}

    def rimmed_marker(self, size: float, scale: float) -> dict[str, Any]:
        """The same with a rim: open and thin symbols are nothing else."""
        return {**self.marker(size), "line": {"color": self.colour, "width": 1.5 * scale}}


def series_looks(names: Sequence[str], appearance: Appearance, emphasised: str) -> dict[str, SeriesLook]:
    """A look for each name; controls take theirs in order, whether or not the reference is among the names.

    >>> looks = series_looks(["original", "edited", "random"], Appearance.LIGHT, "edited")
    >>> looks["random"] == series_looks(["edited", "random"], Appearance.LIGHT, "edited")["random"]
    True
    """
    colours = look(appearance)
    looks = {
        emphasised: SeriesLook(colours.modes[1], "solid", "circle", 3.0),
        REFERENCE: SeriesLook(colours.ink, "solid", "circle-open", 1.5),
    }
    for number, name in enumerate(name for name in names if name not in looks):
        turn = number % len(_DASHES)
        looks[name] = SeriesLook(_CONTROLS[appearance][turn], _DASHES[turn], _SYMBOLS[turn], 1.5)
    return {name: looks[name] for name in names}


@dataclass(frozen=True)
class Legend:
    """Names above a plot, and how much room they take there, in pixels."""

    annotation: dict[str, Any]
    height: float


def legend(entries: Sequence[tuple[str, str, str]], left: float, scale: float) -> Legend:
    """The entries in as many lines as they need, from the figure's left edge on.

    Plotly's own legend is no wider than the plot, and so breaks its lines far earlier.

    Args:
        entries: symbol, colour and text of each.
        left: margin of the figure, in pixels.
        scale: of the type.
    """
    lines: list[list[str]] = []
    most, letters = _LINE / scale, math.inf
    for symbol, colour, text in entries:
        letters += len(text) + 5
        if letters > most:
            lines.append([])
            letters = len(text) + 5
        lines[-1].append(f"<span style='color:{colour}'>{_SIGNS[symbol]}</span> {text}")
    place = {"xref": "paper", "x": 0, "xanchor": "left", "xshift": 6 - left, "yref": "paper", "y": 1, "yshift": 3}
    text = "<br>".join("&nbsp;&nbsp; ".join(line) for line in lines)
    annotation = {**place, "yanchor": "bottom", "align": "left", "text": text, "showarrow": False}
    return Legend(annotation, (8 + 16 * len(lines)) * scale if lines else 8 * scale)


def faint(colour: str, opacity: float) -> str:
    """A colour `#rrggbb`, see-through.

    >>> faint("#0072b2", 0.2)
    'rgba(0,114,178,0.2)'
    """
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"
