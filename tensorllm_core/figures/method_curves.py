"""Accuracy of compression methods against what they store: one line for each method, the unedited model across."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from tensorllm_core.figures.axes import accuracy_axis, padded
from tensorllm_core.figures.labels import (
    METHOD_LETTER,
    bold,
    keep_apart,
    label_beside,
    label_gap,
    label_on_top,
    margin_for,
)
from tensorllm_core.figures.method_looks import method_look
from tensorllm_core.figures.series import REFERENCE, SeriesLook, faint
from tensorllm_core.figures.shapes import band_and_line, line_across, line_up
from tensorllm_core.figures.theme import Canvas, Look, draw
from tensorllm_core.figures.traces import interval
from tensorllm_core.types import MethodLook

__all__ = ["MethodCurve", "MethodPoint", "method_curves"]

_LABEL_HEIGHT = 14
"""Pixels from name to name at the ends of the lines."""
_APART = 0.006
"""Decades between the marks of two methods at the same budget, so that their intervals can be seen."""


@dataclass(frozen=True)
class MethodPoint:
    """One budget: its ratio, the entries that are stored, and accuracy with its 95% interval as shares of 1.

    `share` is that of the original's entries, so that results on other layers and models stand on one axis.
    """

    ratio: float
    stored: float
    share: float
    accuracy: float
    low: float
    high: float


@dataclass(frozen=True)
class MethodCurve:
    """One method at several budgets; `title` is what people read, and `name` tells it from the others."""

    name: str
    title: str
    look: MethodLook
    points: tuple[MethodPoint, ...]


def method_curves(
    curves: Sequence[MethodCurve],
    baseline: MethodPoint,
    canvas: Canvas,
    *,
    budgets: Sequence[tuple[float, float]],
    focus: float,
    emphasised: str = "",
    pinned: Sequence[MethodCurve] = (),
    pinned_baseline: float | None = None,
) -> go.Figure:
    """Accuracy over what is stored, less to the right; each method's name stands at the end of its line.

    Args:
        baseline: the unedited model, a line across with its interval.
        budgets: compression ratio and stored entries of each, for the axis.
        focus: compression ratio of the budget that is marked.
        emphasised: name of the method that stands out.
        pinned: curves of an earlier result, in grey behind all others.
        pinned_baseline: accuracy of the unedited model in that result, as a share of 1.
    """
    colours, scale = canvas.look, canvas.scale
    # What is drawn and how: the emphasised line in front of the others, pinned ones behind them.
    lines = sorted((curve for curve in curves if curve.points), key=lambda curve: curve.name == emphasised)
    behind = [curve for curve in pinned if curve.points]
    looks = {curve.name: method_look(curve.look, canvas.appearance, curve.name == emphasised) for curve in lines}
    symbols = [method_look(curve.look, canvas.appearance).symbol for curve in behind]
    shifts = [_APART * (place - (len(lines) - 1) / 2) for place in range(len(lines))]
    # The range of accuracies, and margins with room for the names.
    low, high = _range([*lines, *behind], baseline, pinned_baseline)
    margin = {"l": 58 * scale, "t": 20 * scale, "b": 52 * scale}
    margin["r"] = margin_for([REFERENCE, *(curve.title for curve in lines)], 16, METHOD_LETTER, scale)
    # The names, at the ends of their lines or, where they would overlap, near them.
    names = [(REFERENCE, baseline.accuracy, colours.ink)]
    names += [
        (bold(curve.title, curve.name == emphasised), _last(curve).accuracy, looks[curve.name].colour)
        for curve in lines
    ]
    ends = keep_apart([end for _, end, _ in names], label_gap(_LABEL_HEIGHT, canvas, margin, high - low))
    return draw(
        [
            *(_pinned(curve, symbol, colours, scale) for curve, symbol in zip(behind, symbols, strict=True)),
            *(_line(curve, looks[curve.name], shift, scale) for curve, shift in zip(lines, shifts, strict=True)),
        ],
        canvas,
        margin=margin,
        shapes=[*_across(baseline, pinned_baseline, colours), line_up(1 / focus, colours.muted, 1.2)],
        annotations=[
            *(label_beside(name, end, colour) for (name, _, colour), end in zip(names, ends, strict=True)),
            label_on_top("in focus", math.log10(1 / focus), colours.muted),
        ],
        xaxis=_budget_axis(budgets, scale),
        yaxis=accuracy_axis(low, high),
    )


def _budget_axis(budgets: Sequence[tuple[float, float]], scale: float) -> dict[str, Any]:
    """From much stored to little, a tick for each budget."""
    shares = [1 / ratio for ratio, _ in budgets]
    most, least = math.log10(max(shares, default=1.0)), math.log10(min(shares, default=0.1))
    return {
        "title": {"text": "entries stored in the edited layers, and budget", "standoff": 14 * scale},
        "type": "log",
        "range": padded(least, most, share=0.06, least=0.05)[::-1],
        "tickvals": shares,
        "ticktext": [f"{_short(stored)}<br>{ratio:.3g}x" for ratio, stored in budgets],
        "showgrid": False,
    }


def _line(curve: MethodCurve, style: SeriesLook, shift: float, scale: float) -> go.Scatter:
    points = sorted(curve.points, key=lambda point: -point.share)
    middle, low, high = (
        np.array([getattr(point, name) for point in points], dtype=np.float32) for name in ("accuracy", "low", "high")
    )
    return go.Scatter(
        x=np.array([point.share * 10**-shift for point in points], dtype=np.float32),
        y=middle,
        name=curve.title,
        mode="lines+markers",
        line=style.line(scale),
        marker=style.rimmed_marker((5 + style.width) * scale, scale),
        error_y=interval(middle, low, high, faint(style.colour, 0.55), 1.2 * scale),
        hovertext=[_hover(curve, point) for point in points],
        hovertemplate="%{hovertext}<extra></extra>",
        cliponaxis=False,
    )


def _pinned(curve: MethodCurve, symbol: str, colours: Look, scale: float) -> go.Scatter:
    points = sorted(curve.points, key=lambda point: -point.share)
    return go.Scatter(
        x=np.array([point.share for point in points], dtype=np.float32),
        y=np.array([point.accuracy for point in points], dtype=np.float32),
        name=f"pinned: {curve.title}",
        mode="lines+markers",
        opacity=0.45,
        line={"color": colours.muted, "width": 2.2 * scale},
        marker={"color": colours.muted, "symbol": symbol, "size": 7 * scale},
        hovertext=[f"pinned: {_hover(curve, point)}" for point in points],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _hover(curve: MethodCurve, point: MethodPoint) -> str:
    return (
        f"{curve.title} at {point.ratio:.3g}x<br>{point.accuracy:.1%} [{point.low:.1%}, {point.high:.1%}]"
        f"<br>{point.stored:,.0f} entries"
    )


def _last(curve: MethodCurve) -> MethodPoint:
    return min(curve.points, key=lambda point: point.share)


def _range(curves: Sequence[MethodCurve], baseline: MethodPoint, pinned_baseline: float | None) -> tuple[float, float]:
    """Room for all accuracies and for the intervals of the baseline."""
    points = [point for curve in curves for point in curve.points] + [baseline]
    others = [] if pinned_baseline is None else [pinned_baseline]
    low = min([point.low for point in points] + others)
    high = max([point.high for point in points] + others)
    low, high = padded(low, high, share=0.04, least=0.01)
    return max(low, -0.02), min(high, 1.02)


def _across(baseline: MethodPoint, pinned_baseline: float | None, colours: Look) -> list[dict[str, Any]]:
    """The unedited model with its interval, and that of the pinned result."""
    shapes = band_and_line(baseline.accuracy, baseline.low, baseline.high, colours.ink, 0.08)
    if pinned_baseline is not None:
        shapes.append(line_across(pinned_baseline, faint(colours.muted, 0.6), layer="below"))
    return shapes


def _short(count: float) -> str:
    """A count in three digits and a letter."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if count >= size:
            return f"{count / size:.3g}{unit}"
    return f"{count:.3g}"
