"""Accuracy and loss over compression ratios: how far a layer can be compressed before, or so that, answers change."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from tensorllm_core.figures.series import faint
from tensorllm_core.figures.theme import Canvas, Look, draw

__all__ = ["ScanPoint", "rank_scan"]

_LOSS, _BETWEEN = 0.3, 0.09
"""Shares of the height for the loss and for the space between the panels."""
_SAME = 1.005
"""Ratios that are closer than this factor are of the same point."""
_TICKS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000)


@dataclass(frozen=True)
class ScanPoint:
    """What was measured at one compression ratio: accuracy and its 95 % interval as shares of 1, mean loss in nats."""

    ratio: float
    ranks: str
    accuracy: float
    low: float
    high: float
    loss: float


def rank_scan(
    points: Sequence[ScanPoint],
    canvas: Canvas,
    *,
    baseline: ScanPoint,
    current: float | None = None,
) -> go.Figure:
    """Two panels over one logarithmic axis; each point's `customdata` is its number in `points`.

    Args:
        baseline: of the unedited model, drawn across as a line with its interval.
        current: compression ratio of the edit that is set; a line, and a ring where a point has it.
    """
    colours = canvas.look
    order = sorted(range(len(points)), key=lambda number: points[number].ratio)
    x_range, x_ticks = _ratios(points, current)
    return draw(
        [
            _accuracies(points, order, current, colours, canvas.scale),
            _losses(points, order, current, colours, canvas.scale),
        ],
        canvas,
        margin={"l": 64 * canvas.scale, "t": 24 * canvas.scale, "b": 40 * canvas.scale, "r": 62 * canvas.scale},
        shapes=_baselines(baseline, colours) + _now(current, colours),
        annotations=_names(baseline, current, colours),
        xaxis={
            "title": {"text": "compression ratio, times smaller", "standoff": 6},
            "type": "log",
            "range": x_range,
            "tickvals": x_ticks,
            "anchor": "y2",
        },
        yaxis={
            "title": {"text": "accuracy", "standoff": 8},
            "tickformat": ".0%",
            "nticks": 6,
            "domain": [_LOSS + _BETWEEN, 1],
            "range": _span(
                [point.low for point in points] + [baseline.low, baseline.high] + [point.high for point in points],
                least=0.02,
            ),
        },
        yaxis2={
            "title": {"text": "loss, nats", "standoff": 8},
            "nticks": 4,
            "domain": [0, _LOSS],
            "range": _span([point.loss for point in points] + [baseline.loss], least=0.02),
        },
    )


def _accuracies(
    points: Sequence[ScanPoint], order: list[int], current: float | None, colours: Look, scale: float
) -> go.Scatter:
    middle, low, high = (_column(points, order, name) for name in ("accuracy", "low", "high"))
    return go.Scatter(
        **_common(points, order, current, colours, scale),
        y=middle,
        error_y={
            "array": high - middle,
            "arrayminus": middle - low,
            "color": faint(colours.modes[1], 0.7),
            "thickness": 1.5 * scale,
            "width": 0,
        },
        hovertext=[
            f"{points[number].ranks}, {points[number].ratio:.3g} times smaller<br>accuracy "
            f"{points[number].accuracy:.1%} [{points[number].low:.1%}, {points[number].high:.1%}]<br>click to choose"
            for number in order
        ],
    )


def _losses(
    points: Sequence[ScanPoint], order: list[int], current: float | None, colours: Look, scale: float
) -> go.Scatter:
    return go.Scatter(
        **_common(points, order, current, colours, scale),
        y=_column(points, order, "loss"),
        yaxis="y2",
        hovertext=[
            f"{points[number].ranks}, {points[number].ratio:.3g} times smaller<br>loss {points[number].loss:.3f} nats"
            "<br>click to choose"
            for number in order
        ],
    )


def _common(
    points: Sequence[ScanPoint], order: list[int], current: float | None, colours: Look, scale: float
) -> dict[str, Any]:
    # The ring is the point's own rim: another trace on top would take its clicks.
    ringed = [current is not None and _is_same(points[number].ratio, current) for number in order]
    return {
        "x": _column(points, order, "ratio"),
        "customdata": np.array(order, dtype=np.int32),
        "mode": "lines+markers",
        "line": {"color": faint(colours.modes[1], 0.6), "width": 2 * scale},
        "marker": {
            "color": colours.modes[1],
            "opacity": 1,
            "size": np.where(ringed, 13.0, 9.0) * scale,
            "line": {"color": colours.ink, "width": np.where(ringed, 3.0, 0.0) * scale},
        },
        "unselected": {"marker": {"opacity": 0.55}},
        # Points on the rim are drawn whole.
        "cliponaxis": False,
        "hovertemplate": "%{hovertext}<extra></extra>",
    }


def _column(points: Sequence[ScanPoint], order: list[int], field: str) -> np.ndarray:
    return np.array([getattr(points[number], field) for number in order], dtype=np.float32)


def _is_same(one: float, other: float) -> bool:
    return abs(math.log(one / other)) < math.log(_SAME)


def _ratios(points: Sequence[ScanPoint], current: float | None) -> tuple[list[float], list[int]]:
    """Range of the axis in decades and its ticks: from 1, and at least to 10, so that it is calm while points come."""
    ratios = [point.ratio for point in points] + ([] if current is None else [current])
    low, high = min([*ratios, 1.0]), max([*ratios, 10.0])
    return [math.log10(low) - 0.02, math.log10(high) + 0.04], [tick for tick in _TICKS if tick <= high * 1.05]


def _span(values: list[float], least: float) -> list[float]:
    low, high = min(values), max(values)
    room = max(0.08 * (high - low), least / 2)
    return [low - room, high + room]


def _baselines(baseline: ScanPoint, colours: Look) -> list[dict[str, Any]]:
    """The unedited model in both panels: a line, and around its accuracy the interval."""
    across = {"xref": "paper", "x0": 0, "x1": 1, "layer": "below"}
    line = {"color": colours.ink, "width": 1.5, "dash": "dash"}
    band = {"y0": baseline.low, "y1": baseline.high, "fillcolor": faint(colours.ink, 0.09), "line": {"width": 0}}
    return [
        {"type": "rect", **across, "yref": "y", **band},
        {"type": "line", **across, "yref": "y", "y0": baseline.accuracy, "y1": baseline.accuracy, "line": line},
        {"type": "line", **across, "yref": "y2", "y0": baseline.loss, "y1": baseline.loss, "line": line},
    ]


def _now(current: float | None, colours: Look) -> list[dict[str, Any]]:
    if current is None:
        return []
    where = {"x0": current, "x1": current, "xref": "x", "yref": "paper", "y0": 0, "y1": 1, "layer": "below"}
    return [{"type": "line", **where, "line": {"color": colours.muted, "width": 1, "dash": "dot"}}]


def _names(baseline: ScanPoint, current: float | None, colours: Look) -> list[dict[str, Any]]:
    """Names of the line across and of the line of the current edit, in the margins, clear of the points."""
    common = {"yref": "paper", "showarrow": False}
    right = {"xref": "paper", "x": 1, "xanchor": "left", "xshift": 5, "yref": "y", "y": baseline.accuracy}
    text = f"{baseline.ranks}<br>{baseline.accuracy:.1%}"
    names = [{**common, **right, "text": text, "align": "left", "font": {"color": colours.ink}}]
    if current is not None:
        top = {"x": math.log10(current), "y": 1, "xanchor": "center", "yanchor": "bottom"}
        names.append({**common, **top, "text": "set now", "font": {"color": colours.muted}})
    return names
