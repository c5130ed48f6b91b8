"""The relative error over (R1, R2) at one R3, with lines of equal ratio, the Pareto path and the current point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float, Int

from tensorllm_core.figures.axes import powers_of_two
from tensorllm_core.figures.theme import Canvas, draw
from tensorllm_core.figures.traces import error_colours
from tensorllm_core.types import Ranks, TensorShape

__all__ = ["ErrorGrid", "error_landscape"]

_RATIOS = (2, 3, 5, 10, 20, 30, 50, 100, 200, 500, 1000, 2000, 5000, 10000)
_LABEL_GAP = 1.3
"""Smallest factor between the R1 of two labelled lines: closer ones would overlap on the logarithmic axis."""


@dataclass(frozen=True)
class ErrorGrid:
    """Relative errors at the given ranks of modes 1 and 2; NaN where no such decomposition exists."""

    r1: Int[np.ndarray, " column"]
    r2: Int[np.ndarray, " row"]
    error: Float[np.ndarray, "column row"]


def error_landscape(
    grid: ErrorGrid, shape: TensorShape, ranks: Ranks, path: list[Ranks], canvas: Canvas, *, hint: Ranks | None = None
) -> go.Figure:
    """Heat map of the relative error, from 0 to 1, with the current ranks as a ring.

    Args:
        path: the Pareto-optimal ranks at this R3.
        hint: the suggested ranks, if their R3 is this one.
    """
    colours = canvas.look
    heat = go.Heatmap(
        x=grid.r1.astype(np.float32),
        y=grid.r2.astype(np.float32),
        z=grid.error.T.astype(np.float32),
        **error_colours(colours),
        hovertemplate="R1 %{x:.0f}, R2 %{y:.0f}<br>relative error %{z:.3f}<extra></extra>",
    )
    best = go.Scatter(
        x=np.array([point.r1 for point in path], dtype=np.float32),
        y=np.array([point.r2 for point in path], dtype=np.float32),
        mode="markers",
        marker={"size": 3.5, "color": colours.modes[1], "opacity": 0.8},
        hovertemplate="Pareto: R1 %{x:.0f}, R2 %{y:.0f}<extra></extra>",
    )
    ratios, labels = _ratio_lines(grid, shape, ranks.r3, colours.ink)
    even, even_label = _break_even(grid, shape, ranks.r3, colours.ink, canvas.scale)
    points = [
        _point(ranks, "circle-open", colours.ground, 19 * canvas.scale, "current ranks", width=6),
        _point(ranks, "circle-open", colours.modes[1], 19 * canvas.scale, "current ranks", width=3),
    ]
    if hint is not None:
        points.insert(0, _point(hint, "diamond-open", colours.ink, 11 * canvas.scale, "suggested ranks"))
    return draw(
        [heat, ratios, *even, best, *points],
        canvas,
        annotations=[*labels, *even_label],
        xaxis={"title": {"text": "R1, directions of the model", "standoff": 6}, **_axis(grid.r1)},
        yaxis={"title": {"text": "R2, directions of the head", "standoff": 6}, **_axis(grid.r2)},
    )


def _ratio_lines(grid: ErrorGrid, shape: TensorShape, r3: int, ink: str) -> tuple[go.Scatter, list[dict[str, Any]]]:
    """Lines along which the compression ratio is constant, labelled above the plot where there is room."""
    lines: list[np.ndarray] = [np.empty((0, 3))]
    labels: list[dict[str, Any]] = []
    even = _ratio_line(grid, shape, r3, 1)
    last_label = float(even[-1, 0]) if len(even) else np.inf
    for ratio in _RATIOS:
        line = _ratio_line(grid, shape, r3, ratio)
        if not len(line):
            continue
        gap = np.array([[np.nan, np.nan, ratio]])
        lines += [np.column_stack([line, np.full(len(line), ratio)]), gap]
        top, r2 = line[-1]
        if r2 == grid.r2[-1] and top < last_label / _LABEL_GAP:
            last_label = float(top)
            labels.append(_above(f"{ratio}x", last_label))
    points = np.concatenate(lines).astype(np.float32)
    # One trace with gaps draws faster than one trace for each line.
    trace = go.Scatter(
        x=points[:, 0],
        y=points[:, 1],
        customdata=points[:, 2],
        mode="lines",
        line={"color": ink, "width": 1, "dash": "dot"},
        opacity=0.55,
        hovertemplate="%{customdata}x smaller<extra></extra>",
    )
    return trace, labels


def _break_even(
    grid: ErrorGrid, shape: TensorShape, r3: int, ink: str, scale: float
) -> tuple[list[go.Scatter], list[dict[str, Any]]]:
    """The line at a ratio of 1 and its name; empty where all ranks of the grid save something."""
    line = _ratio_line(grid, shape, r3, 1)
    if not len(line):
        return [], []
    trace = go.Scatter(
        x=line[:, 0].astype(np.float32),
        y=line[:, 1].astype(np.float32),
        mode="lines",
        name="break-even",
        line={"color": ink, "width": 2},
        opacity=0.8,
        hovertemplate="break-even: from R1 %{x:.0f} on nothing is saved<extra></extra>",
    )
    # No other line is to its right, so its name is written there.
    return [trace], [_above("break-even", float(line[-1, 0]), xanchor="left", xshift=-8 * scale)]


def _ratio_line(grid: ErrorGrid, shape: TensorShape, r3: int, ratio: int) -> Float[np.ndarray, "point 2"]:
    """`R1, R2` of that ratio within the grid, by R2; empty where fewer than two points have it."""
    r2 = np.geomspace(grid.r2[0], grid.r2[-1], 64)
    r1 = (shape.entries / ratio - shape.d_head * r2 - shape.part * r3) / (shape.group * r2 * r3 + shape.d_model)
    inside = (r1 >= grid.r1[0]) & (r1 <= grid.r1[-1])
    return np.column_stack([r1, r2])[inside if inside.sum() > 1 else slice(0)]


def _above(text: str, r1: float, **place: Any) -> dict[str, Any]:
    return {"x": np.log10(r1), "y": 1, "yref": "paper", "yanchor": "bottom", "text": text, "showarrow": False, **place}


def _point(ranks: Ranks, symbol: str, colour: str, size: float, name: str, width: int = 2) -> go.Scatter:
    return go.Scatter(
        x=[ranks.r1],
        y=[ranks.r2],
        mode="markers",
        marker={"symbol": symbol, "size": size, "color": colour, "line": {"width": width, "color": colour}},
        # A point at the edge of the plot is drawn whole.
        cliponaxis=False,
        hovertemplate=f"{name}: R1 %{{x}}, R2 %{{y}}<extra></extra>",
    )


def _axis(values: Int[np.ndarray, " n"]) -> dict[str, Any]:
    """A logarithmic axis that ends at the outer edges of the first and the last cell, ticks at powers of two."""
    return {
        "type": "log",
        "range": [float(np.log10(values[0] - 0.4)), float(np.log10(values[-1] + 0.5))],
        "tickvals": powers_of_two(int(values[-1])),
        "showgrid": False,
    }
