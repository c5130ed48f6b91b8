"""Forest plot of methods at one budget: what each does to accuracy and to loss, with intervals of the difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from tensorllm_core.figures.method_looks import method_look
from tensorllm_core.figures.series import SeriesLook
from tensorllm_core.figures.theme import Appearance, Look, draw, look
from tensorllm_core.types import MethodLook

__all__ = ["MethodDelta", "method_deltas"]

_LETTER = 6.3
"""Width of a letter in pixels, about: the methods' names stand in the margin."""
_WIDTH, _GAP = 485, 52
"""Pixels of the figure, about, and of the space between its panels, where the numbers stand."""
_ACCURACY = 0.68
"""Of the room for both panels, that for accuracies."""


@dataclass(frozen=True)
class MethodDelta:
    """Differences of one method from the unedited model, each with its 95 % interval: shares of 1, and nats."""

    name: str
    title: str
    look: MethodLook
    accuracy: tuple[float, float, float]
    loss: tuple[float, float, float]


def method_deltas(
    rows: Sequence[MethodDelta],
    appearance: Appearance,
    *,
    emphasised: str = "",
    height: int = 270,
    scale: float = 1.0,
) -> go.Figure:
    """A row for each method, accuracy on the left and loss on the right; each is (difference, low, high)."""
    colours = look(appearance)
    looks = [method_look(row.look, appearance, row.name == emphasised) for row in rows]
    traces = []
    for place, (row, style) in enumerate(zip(rows, looks, strict=True)):
        points = tuple(100 * value for value in row.accuracy)
        traces.append(_mark(row.title, place, points, style, "x", "%{x:+.1f} points", scale))
        traces.append(_mark(row.title, place, row.loss, style, "x2", "%{x:+.2f} nats", scale))
    left = scale * (14 + _LETTER * max((len(row.title) for row in rows), default=0))
    right = 14 * scale
    gap = min(_GAP * scale / max(_WIDTH - left - right, 1), 0.4)
    end = _ACCURACY * (1 - gap)
    zero = {"zeroline": True, "zerolinecolor": colours.ink, "zerolinewidth": 1.5, "tickformat": "+~g"}
    return draw(
        traces,
        colours,
        height=height,
        scale=scale,
        margin={"l": left, "r": right, "t": 20 * scale, "b": 40 * scale},
        shapes=_between(len(rows), colours),
        annotations=[
            _number(row, place, end, style.colour, row.name == emphasised)
            for place, (row, style) in enumerate(zip(rows, looks, strict=True))
        ],
        xaxis={
            "title": {"text": "accuracy, points", "standoff": 6},
            "domain": [0, end],
            "nticks": 6,
            **zero,
            **_range([100 * value for row in rows for value in row.accuracy], least=1.0),
        },
        xaxis2={
            "title": {"text": "loss, nats", "standoff": 6},
            "domain": [end + gap, 1],
            "nticks": 4,
            **zero,
            **_range([value for row in rows for value in row.loss], least=0.1),
        },
        yaxis={
            "range": [max(len(rows), 1) - 0.5, -0.5],
            "tickvals": np.arange(len(rows)),
            "ticktext": [
                f"<span style='color:{style.colour}'>{_bold(row.title, row.name == emphasised)}</span>"
                for row, style in zip(rows, looks, strict=True)
            ],
            "tickfont": {"size": 12 * scale},
            "showgrid": False,
            "zeroline": False,
        },
    )


def _mark(
    title: str, place: int, found: Sequence[float], style: SeriesLook, axis: str, words: str, scale: float
) -> go.Scatter:
    middle, low, high = found
    interval = words.replace("%{x", "%{customdata[0]").split("}")[0] + "}"
    return go.Scatter(
        x=np.array([middle], dtype=np.float32),
        y=np.array([place], dtype=np.float32),
        customdata=np.array([[low, high]], dtype=np.float32),
        xaxis=axis,
        name=title,
        mode="markers",
        marker={
            "color": style.colour,
            "symbol": style.symbol,
            "size": (6 + style.width) * scale,
            "line": {"color": style.colour, "width": 1.5 * scale},
        },
        error_x={
            "array": [high - middle],
            "arrayminus": [middle - low],
            "color": style.colour,
            "thickness": style.width * 0.9 * scale,
            "width": 0,
        },
        hovertemplate=f"{title}<br>{words} [{interval}, {interval.replace('[0]', '[1]')}]<extra></extra>",
    )


def _number(row: MethodDelta, place: int, end: float, colour: str, strong: bool) -> dict[str, Any]:
    where = {"x": end, "xshift": 4, "xref": "paper", "xanchor": "left", "y": place, "yanchor": "middle"}
    # Adding zero turns a rounded -0.0 into 0.0.
    text = _bold(f"{round(100 * row.accuracy[0], 1) + 0.0:+.1f}", strong)
    return {**where, "text": text, "font": {"color": colour}, "showarrow": False}


def _bold(text: str, strong: bool) -> str:
    return f"<b>{text}</b>" if strong else text


def _between(count: int, colours: Look) -> list[dict[str, Any]]:
    line = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "layer": "below"}
    style = {"color": colours.grid, "width": 1}
    return [{**line, "line": style, "y0": row - 0.5, "y1": row - 0.5} for row in range(1, count)]


def _range(values: Sequence[float], least: float) -> dict[str, Any]:
    """Room for every interval and for zero."""
    low, high = min([*values, 0.0]), max([*values, 0.0])
    room = max(0.08 * (high - low), least / 4)
    return {"range": [low - room, high + room]}
