"""Forest plot: by benchmark, how much more or less was answered rightly, with the interval of the paired difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from tensorllm_core.figures.series import SeriesLook, legend, series_looks
from tensorllm_core.figures.theme import Canvas, draw

__all__ = ["Delta", "deltas"]

_LETTER = 6.6
"""Width of a letter in pixels, about: the benchmarks' names stand in the margin."""
_SHARE = 0.7
"""Of a benchmark's row that its series take."""


@dataclass(frozen=True)
class Delta:
    """The difference in accuracy of one series on one benchmark and its 95 % interval, as shares of 1."""

    benchmark: str
    series: str
    delta: float
    low: float
    high: float


def deltas(
    rows: Sequence[Delta],
    canvas: Canvas,
    *,
    emphasised: str,
    looks: Mapping[str, SeriesLook] | None = None,
) -> go.Figure:
    """A row for each benchmark, in it a mark for each series; at the right the numbers of the emphasised one.

    Args:
        looks: of each series, where the common ones do not fit.
    """
    colours = canvas.look
    benchmarks = list(dict.fromkeys(row.benchmark for row in rows))
    names = list(dict.fromkeys(row.series for row in rows))
    looks = looks or series_looks(names, canvas.appearance, emphasised)
    traces = []
    for place, name in enumerate(names):
        above = _SHARE * ((place + 0.5) / len(names) - 0.5)
        own = [row for row in rows if row.series == name]
        heights = np.array([benchmarks.index(row.benchmark) + above for row in own], dtype=np.float32)
        traces.append(_trace(own, heights, name, looks[name], canvas.scale))
    left = canvas.scale * (16 + _LETTER * max((len(name) for name in benchmarks), default=0))
    shown = names if len(names) > 1 else []
    names_above = legend([(looks[name].symbol, looks[name].colour, name) for name in shown], left, canvas.scale)
    return draw(
        traces,
        canvas,
        margin={"l": left, "r": 50 * canvas.scale, "t": names_above.height, "b": 40 * canvas.scale},
        annotations=[
            names_above.annotation,
            *(
                _number(row, benchmarks.index(row.benchmark), looks[emphasised].colour)
                for row in rows
                if row.series == emphasised
            ),
        ],
        shapes=_between(len(benchmarks), colours.grid),
        xaxis={
            "title": {"text": "change in accuracy, percentage points", "standoff": 6},
            "tickformat": "+~g",
            "zeroline": True,
            "zerolinecolor": colours.ink,
            "zerolinewidth": 1.5,
            "nticks": 8,
            **_range(rows),
        },
        yaxis={
            "range": [len(benchmarks) - 0.5, -0.5],
            "tickvals": np.arange(len(benchmarks)),
            "ticktext": benchmarks,
            "tickfont": {"size": 12 * canvas.scale, "color": colours.ink},
            "showgrid": False,
            "zeroline": False,
        },
    )


def _trace(own: Sequence[Delta], heights: np.ndarray, name: str, style: SeriesLook, scale: float) -> go.Scatter:
    points, low, high = (
        100 * np.array([getattr(row, field) for row in own], dtype=np.float32) for field in ("delta", "low", "high")
    )
    return go.Scatter(
        x=points,
        y=heights,
        customdata=np.column_stack([low, high]),
        text=[row.benchmark for row in own],
        name=name,
        mode="markers",
        marker={"color": style.colour, "symbol": style.symbol, "size": (5.5 + style.width) * scale},
        error_x={
            "array": high - points,
            "arrayminus": points - low,
            "color": style.colour,
            "thickness": style.width * 0.8 * scale,
            "width": 0,
        },
        hovertemplate=(
            f"{name}, %{{text}}<br>%{{x:+.1f}} points [%{{customdata[0]:+.1f}}, %{{customdata[1]:+.1f}}]<extra></extra>"
        ),
    )


def _number(row: Delta, place: int, colour: str) -> dict[str, Any]:
    where = {"x": 1, "xref": "paper", "xanchor": "left", "xshift": 6, "y": place, "yanchor": "middle"}
    # Adding zero turns a rounded -0.0 into 0.0.
    text = f"<b>{round(100 * row.delta, 1) + 0.0:+.1f}</b>"
    return {**where, "text": text, "font": {"color": colour}, "showarrow": False}


def _between(count: int, colour: str) -> list[dict[str, Any]]:
    """Thin lines between the benchmarks."""
    line = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "line": {"color": colour, "width": 1}, "layer": "below"}
    return [{**line, "y0": row - 0.5, "y1": row - 0.5} for row in range(1, count)]


def _range(rows: Sequence[Delta]) -> dict[str, Any]:
    """Room for every interval and for zero."""
    low = 100 * min([row.low for row in rows] + [0.0])
    high = 100 * max([row.high for row in rows] + [0.0])
    room = max(0.04 * (high - low), 0.5)
    return {"range": [low - room, high + room]}
