"""The shapes of a tensor network diagram: one node, the copies behind it, and many of them as one trace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import plotly.graph_objects as go

__all__ = ["Mark", "markers", "stack"]


@dataclass(frozen=True)
class Mark:
    """One shape: lengths in pixels, `ring` that of the circle around it, if there is one."""

    x: float
    y: float
    size: float
    fill: str
    line: str
    symbol: str = "circle"
    width: float = 2.0
    ring: float = 0.0
    text: str = ""
    hover: str = ""


def stack(front: Mark, apart: float, count: int) -> list[Mark]:
    """Copies behind a shape, the hindmost first."""
    return [replace(front, x=front.x + step * apart, y=front.y + step * apart) for step in range(count, 0, -1)]


def markers(marks: Sequence[Mark]) -> go.Scatter:
    """A trace of these shapes, the first one hindmost."""
    return go.Scatter(
        x=[mark.x for mark in marks],
        y=[mark.y for mark in marks],
        mode="markers",
        marker={
            "size": [mark.size for mark in marks],
            "color": [mark.fill for mark in marks],
            "symbol": [mark.symbol for mark in marks],
            "line": {"color": [mark.line for mark in marks], "width": [mark.width for mark in marks]},
            "opacity": 1,
        },
        hoverinfo="skip",
        cliponaxis=False,
    )
