"""Lines, bands and frames that several figures have, as plotly's shapes."""

from __future__ import annotations

from typing import Any

from tensorllm_core.figures.series import faint
from tensorllm_core.figures.theme import Look

__all__ = ["band_and_line", "frame", "line_across", "line_up", "lines_between_rows"]

_ACROSS = {"xref": "paper", "x0": 0, "x1": 1, "yref": "y"}


def line_across(y: float, colour: str, *, width: float = 1.5, dash: str = "dash", **more: Any) -> dict[str, Any]:
    """A line over the whole width, where the vertical axis has `y`; `more` as plotly's."""
    return {
        "type": "line",
        **_ACROSS,
        "y0": y,
        "y1": y,
        "line": {"color": colour, "width": width, "dash": dash},
        **more,
    }


def band_and_line(middle: float, low: float, high: float, colour: str, opacity: float) -> list[dict[str, Any]]:
    """A dashed line over the whole width and, around it, its interval; both lie behind the data."""
    band = {"y0": low, "y1": high, "fillcolor": faint(colour, opacity), "line": {"width": 0}}
    return [{"type": "rect", **_ACROSS, **band, "layer": "below"}, line_across(middle, colour, layer="below")]


def line_up(x: float, colour: str, width: float) -> dict[str, Any]:
    """A dotted line over the whole height, where the horizontal axis has `x`; it lies behind the data."""
    where = {"x0": x, "x1": x, "xref": "x", "yref": "paper", "y0": 0, "y1": 1, "layer": "below"}
    return {"type": "line", **where, "line": {"color": colour, "width": width, "dash": "dot"}}


def lines_between_rows(count: int, colours: Look) -> list[dict[str, Any]]:
    """Thin lines between the rows 0 to count - 1; they lie behind the data."""
    return [line_across(row - 0.5, colours.grid, width=1.0, dash="solid", layer="below") for row in range(1, count)]


def frame(number: int, colours: Look, *, along: str = "x") -> dict[str, Any]:
    """A frame around the column of that number, or around its row if `along` is `y`."""
    other = "y" if along == "x" else "x"
    return {
        "type": "rect",
        f"{along}0": number - 0.5,
        f"{along}1": number + 0.5,
        f"{other}0": 0,
        f"{other}1": 1,
        f"{other}ref": "paper",
        "line": {"color": colours.ink, "width": 1.5},
    }
