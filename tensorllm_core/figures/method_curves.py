"""Accuracy of compression methods against what they store: one line for each method, the unedited model across."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from tensorllm_core.figures.line_ends import spread
from tensorllm_core.figures.method_looks import method_look
from tensorllm_core.figures.series import SeriesLook, faint
from tensorllm_core.figures.theme import Appearance, Look, draw, look
from tensorllm_core.types import MethodLook

__all__ = ["MethodCurve", "MethodPoint", "method_curves"]

_LABEL_HEIGHT, _LETTER = 14, 6.3
"""Pixels from name to name at the ends of the lines, and the width of a letter, about."""
_APART = 0.006
"""Decades between the marks of two methods at the same budget, so that their intervals can be seen."""


@dataclass(frozen=True)
class MethodPoint:
    """One budget: its ratio, the entries that are stored, and accuracy with its 95 % interval as shares of 1.

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
    appearance: Appearance,
    *,
    budgets: Sequence[tuple[float, float]],
    focus: float,
    emphasised: str = "",
    pinned: Sequence[MethodCurve] = (),
    pinned_baseline: float | None = None,
    height: int = 270,
    scale: float = 1.0,
) -> go.Figure:
    """Less is stored from left to right; names at the ends of the lines.

    Args:
        baseline: the unedited model, a line across with its interval.
        budgets: ratio and entries of each, for the axis.
        focus: the ratio of the budget that is looked at.
        pinned: curves of an earlier result, in grey behind all others.
    """
    colours = look(appearance)
    drawn = sorted((curve for curve in curves if curve.points), key=lambda curve: curve.name == emphasised)
    looks = {curve.name: method_look(curve.look, appearance, curve.name == emphasised) for curve in drawn}
    aside = {curve.name: _APART * (place - (len(drawn) - 1) / 2) for place, curve in enumerate(drawn)}
    kept = [curve for curve in pinned if curve.points]
    low, high = _range([*drawn, *kept], baseline, pinned_baseline)
    margin = {"l": 58 * scale, "t": 20 * scale, "b": 52 * scale}
    longest = max([len(curve.title) for curve in drawn] + [len("original")])
    margin["r"] = scale * (16 + _LETTER * longest)
    labels = [("original", baseline.accuracy, colours.ink, False)]
    labels += [
        (curve.title, _last(curve).accuracy, looks[curve.name].colour, curve.name == emphasised) for curve in drawn
    ]
    per_pixel = (high - low) / max(height - margin["t"] - margin["b"], 1)
    places = spread([end for _, end, _, _ in labels], _LABEL_HEIGHT * scale * per_pixel)
    return draw(
        [
            *(_pinned(curve, method_look(curve.look, appearance).symbol, colours, scale) for curve in kept),
            *(_line(curve, looks[curve.name], aside[curve.name], scale) for curve in drawn),
        ],
        colours,
        height=height,
        scale=scale,
        margin=margin,
        shapes=[*_across(baseline, pinned_baseline, colours), _focus(1 / focus, colours)],
        annotations=[
            *(_name(*label[::2], place, label[3]) for label, place in zip(labels, places, strict=True)),
            _focus_name(1 / focus, colours),
        ],
        xaxis={
            "title": {"text": "entries stored of the edited layers, and budget", "standoff": 14 * scale},
            "type": "log",
            "range": _decades([1 / ratio for ratio, _ in budgets]),
            "tickvals": [1 / ratio for ratio, _ in budgets],
            "ticktext": [f"{_short(stored)}<br>{ratio:.3g}x" for ratio, stored in budgets],
            "showgrid": False,
        },
        yaxis={
            "title": {"text": "accuracy", "standoff": 8},
            "range": [low, high],
            "tickformat": ".0%" if high - low > 0.05 else ".1%",
            "nticks": 6,
        },
    )


def _line(curve: MethodCurve, style: SeriesLook, aside: float, scale: float) -> go.Scatter:
    points = sorted(curve.points, key=lambda point: -point.share)
    middle, low, high = (
        np.array([getattr(point, name) for point in points], dtype=np.float32) for name in ("accuracy", "low", "high")
    )
    return go.Scatter(
        x=np.array([point.share * 10**-aside for point in points], dtype=np.float32),
        y=middle,
        name=curve.title,
        mode="lines+markers",
        line={"color": style.colour, "width": style.width * scale, "dash": style.dash},
        marker={
            "color": style.colour,
            "symbol": style.symbol,
            "size": (5 + style.width) * scale,
            # Open and thin symbols are nothing but their line.
            "line": {"color": style.colour, "width": 1.5 * scale},
        },
        error_y={
            "array": high - middle,
            "arrayminus": middle - low,
            "color": faint(style.colour, 0.55),
            "thickness": 1.2 * scale,
            "width": 0,
        },
        hovertext=[_told(curve, point) for point in points],
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
        hovertext=[f"pinned: {_told(curve, point)}" for point in points],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _told(curve: MethodCurve, point: MethodPoint) -> str:
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
    room = max(0.04 * (high - low), 0.01)
    return max(low - room, -0.02), min(high + room, 1.02)


def _decades(shares: Sequence[float]) -> list[float]:
    """From much to little, with some room at both ends."""
    most, least = math.log10(max(shares, default=1.0)), math.log10(min(shares, default=0.1))
    room = max(0.06 * (most - least), 0.05)
    return [most + room, least - room]


def _across(baseline: MethodPoint, pinned_baseline: float | None, colours: Look) -> list[dict[str, Any]]:
    across = {"xref": "paper", "x0": 0, "x1": 1, "yref": "y", "layer": "below"}
    line = {"color": colours.ink, "width": 1.5, "dash": "dash"}
    band = {"y0": baseline.low, "y1": baseline.high, "fillcolor": faint(colours.ink, 0.08), "line": {"width": 0}}
    found: list[dict[str, Any]] = [
        {"type": "rect", **across, **band},
        {"type": "line", **across, "y0": baseline.accuracy, "y1": baseline.accuracy, "line": line},
    ]
    if pinned_baseline is not None:
        grey = {"color": faint(colours.muted, 0.6), "width": 1.5, "dash": "dash"}
        found.append({"type": "line", **across, "y0": pinned_baseline, "y1": pinned_baseline, "line": grey})
    return found


def _focus(focus: float, colours: Look) -> dict[str, Any]:
    where = {"x0": focus, "x1": focus, "xref": "x", "yref": "paper", "y0": 0, "y1": 1, "layer": "below"}
    return {"type": "line", **where, "line": {"color": colours.muted, "width": 1.2, "dash": "dot"}}


def _focus_name(focus: float, colours: Look) -> dict[str, Any]:
    place = {"x": math.log10(focus), "xref": "x", "y": 1, "yref": "paper", "xanchor": "center", "yanchor": "bottom"}
    return {**place, "text": "in focus", "showarrow": False, "font": {"color": colours.muted}}


def _name(text: str, colour: str, place: float, strong: bool) -> dict[str, Any]:
    where = {"x": 1, "xref": "paper", "xanchor": "left", "xshift": 6, "y": place, "yanchor": "middle"}
    shown = f"<b>{text}</b>" if strong else text
    return {**where, "text": shown, "font": {"color": colour}, "showarrow": False}


def _short(count: float) -> str:
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if count >= size:
            return f"{count / size:.3g}{unit}"
    return f"{count:.3g}"
