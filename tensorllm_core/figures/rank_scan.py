"""Accuracy and loss over compression ratios: how far a layer can be compressed before answers change."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from tensorllm_core.figures.axes import padded
from tensorllm_core.figures.labels import label_beside, label_on_top
from tensorllm_core.figures.series import faint
from tensorllm_core.figures.shapes import band_and_line, line_across, line_up
from tensorllm_core.figures.theme import Canvas, Look, draw
from tensorllm_core.figures.traces import clickable, interval, ringed_marker

__all__ = ["ScanPoint", "rank_scan"]

_LOSS, _BETWEEN = 0.3, 0.09
"""Shares of the height for the loss and for the space between the panels."""
_SAME = 1.005
"""Two ratios that differ by less than this factor belong to the same point."""
_HOVER_WIDTH = 60
"""Characters of a line of the text that shows when the pointer is on a point."""
_TICKS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000)


@dataclass(frozen=True)
class ScanPoint:
    """What was measured at one compression ratio: accuracy and its 95% interval as shares of 1, mean loss in nats.

    `gone` is a sentence where the ranks leave next to nothing of a part; such a point is a cross.
    """

    ratio: float
    ranks: str
    accuracy: float
    low: float
    high: float
    loss: float
    gone: str = ""


def rank_scan(
    points: Sequence[ScanPoint], canvas: Canvas, *, baseline: ScanPoint, current: float | None = None
) -> go.Figure:
    """Two panels over one logarithmic axis; each point's `customdata` is its number in `points`.

    Args:
        baseline: the unedited model, a line across with its interval.
        current: compression ratio of the edit that is set; a line, and a ring where a point has it.
    """
    scale, muted = canvas.scale, canvas.look.muted
    order = sorted(range(len(points)), key=lambda number: points[number].ratio)
    accuracies = [limit for point in (*points, baseline) for limit in (point.low, point.high)]
    losses = [point.loss for point in (*points, baseline)]
    return draw(
        [_accuracies(points, order, current, canvas), _losses(points, order, current, canvas)],
        canvas,
        margin={"l": 64 * scale, "t": 24 * scale, "b": 40 * scale, "r": 62 * scale},
        shapes=[*_baselines(baseline, canvas.look), *([line_up(current, muted, 1.0)] if current is not None else [])],
        annotations=[
            _baseline_label(baseline, canvas.look),
            *([label_on_top("set now", math.log10(current), muted)] if current is not None else []),
        ],
        xaxis=_ratio_axis(points, current),
        yaxis={
            "title": {"text": "accuracy", "standoff": 8},
            "tickformat": ".0%",
            "nticks": 6,
            "domain": [_LOSS + _BETWEEN, 1],
            "range": padded(min(accuracies), max(accuracies), share=0.08, least=0.01),
        },
        yaxis2={
            "title": {"text": "loss, nats", "standoff": 8},
            "nticks": 4,
            "domain": [0, _LOSS],
            "range": padded(min(losses), max(losses), share=0.08, least=0.01),
        },
    )


def _accuracies(points: Sequence[ScanPoint], order: list[int], current: float | None, canvas: Canvas) -> go.Scatter:
    middle, low, high = (_column(points, order, name) for name in ("accuracy", "low", "high"))
    return go.Scatter(
        **_line(points, order, current, canvas),
        y=middle,
        error_y=interval(middle, low, high, faint(canvas.look.modes[1], 0.7), 1.5 * canvas.scale),
        hovertext=[
            _hover(point, f"accuracy {point.accuracy:.1%} [{point.low:.1%}, {point.high:.1%}]")
            for point in (points[number] for number in order)
        ],
    )


def _losses(points: Sequence[ScanPoint], order: list[int], current: float | None, canvas: Canvas) -> go.Scatter:
    return go.Scatter(
        **_line(points, order, current, canvas),
        y=_column(points, order, "loss"),
        yaxis="y2",
        hovertext=[_hover(points[number], f"loss {points[number].loss:.3f} nats") for number in order],
    )


def _line(points: Sequence[ScanPoint], order: list[int], current: float | None, canvas: Canvas) -> dict[str, Any]:
    """What both lines have: the points in the order of their ratios, with a ring around the edit that is set."""
    colours, scale = canvas.look, canvas.scale
    ringed = [current is not None and _is_same(points[number].ratio, current) for number in order]
    return {
        "x": _column(points, order, "ratio"),
        "mode": "lines+markers",
        "line": {"color": faint(colours.modes[1], 0.6), "width": 2 * scale},
        "marker": {
            **ringed_marker(np.array(ringed, dtype=bool), 9.0, colours.modes[1], colours.ink, scale),
            "symbol": ["x" if points[number].gone else "circle" for number in order],
        },
        # Points at the edge of the plot are drawn whole.
        "cliponaxis": False,
        "hovertemplate": "%{hovertext}<extra></extra>",
        **clickable(order),
    }


def _hover(point: ScanPoint, measured: str) -> str:
    gone = "<br>".join(["", *wrap(point.gone, _HOVER_WIDTH)])
    return f"{point.ranks}, {point.ratio:.3g} times smaller<br>{measured}{gone}<br>click to choose"


def _column(points: Sequence[ScanPoint], order: list[int], field: str) -> Float[np.ndarray, " point"]:
    return np.array([getattr(points[number], field) for number in order], dtype=np.float32)


def _is_same(one: float, other: float) -> bool:
    return abs(math.log(one / other)) < math.log(_SAME)


def _ratio_axis(points: Sequence[ScanPoint], current: float | None) -> dict[str, Any]:
    """The axis of both panels: from 1, and at least to 10, so that it does not move while points come."""
    ratios = [point.ratio for point in points] + ([] if current is None else [current])
    low, high = min([*ratios, 1.0]), max([*ratios, 10.0])
    return {
        "title": {"text": "compression ratio, times smaller", "standoff": 6},
        "type": "log",
        "range": [math.log10(low) - 0.02, math.log10(high) + 0.04],
        "tickvals": [tick for tick in _TICKS if tick <= high * 1.05],
        "anchor": "y2",
    }


def _baselines(baseline: ScanPoint, colours: Look) -> list[dict[str, Any]]:
    """The unedited model in both panels: a line, and around its accuracy the interval."""
    return [
        *band_and_line(baseline.accuracy, baseline.low, baseline.high, colours.ink, 0.09),
        line_across(baseline.loss, colours.ink, yref="y2", layer="below"),
    ]


def _baseline_label(baseline: ScanPoint, colours: Look) -> dict[str, Any]:
    """The name of the line across, in the margin, clear of the points."""
    text = f"{baseline.ranks}<br>{baseline.accuracy:.1%}"
    return label_beside(text, baseline.accuracy, colours.ink, yanchor="auto", xshift=5, align="left")
