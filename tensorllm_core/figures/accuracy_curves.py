"""Accuracy over the questions answered so far, one line for each subject, with an interval that shrinks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float, Int

from tensorllm_core.figures.axes import accuracy_axis, padded
from tensorllm_core.figures.labels import NAME_LETTER, bold, keep_apart, label_beside, label_gap, margin_for
from tensorllm_core.figures.series import SeriesLook, faint, series_looks
from tensorllm_core.figures.theme import Canvas, draw

__all__ = ["AccuracyCurve", "accuracy_curves"]

_LABEL_HEIGHT = 15
"""Pixels between the middles of two names at the ends of their lines."""
_STRONG, _WEAK = 0.2, 0.07


@dataclass(frozen=True, eq=False)
class AccuracyCurve:
    """Accuracies of one subject after so many questions, and their 95% intervals, as shares of 1."""

    name: str
    answered: Sequence[int] | Int[np.ndarray, " point"]
    accuracy: Sequence[float] | Float[np.ndarray, " point"]
    low: Sequence[float] | Float[np.ndarray, " point"]
    high: Sequence[float] | Float[np.ndarray, " point"]


def accuracy_curves(
    curves: Sequence[AccuracyCurve], canvas: Canvas, *, emphasised: str, total: int | None = None
) -> go.Figure:
    """Lines with their names at the ends; the emphasised one in front.

    Args:
        emphasised: name of the curve that stands out.
        total: how many questions there will be, so that the axis stays while the lines grow.
    """
    colours, scale = canvas.look, canvas.scale
    looks = series_looks([curve.name for curve in curves], canvas.appearance, emphasised)
    in_front_last = sorted(curves, key=lambda curve: curve.name == emphasised)
    # What is drawn: all intervals behind all lines.
    bands = [_band(curve, looks[curve.name], curve.name == emphasised) for curve in in_front_last]
    lines = [_line(curve, looks[curve.name], scale) for curve in in_front_last]
    # The range of accuracies, and margins with room for the names.
    low, high = _range(curves)
    margin = {"l": 58 * scale, "t": 12 * scale, "b": 40 * scale}
    margin["r"] = margin_for((curve.name for curve in curves), 22, NAME_LETTER, scale)
    # The names, at the ends of their lines or, where they would overlap, near them.
    gap = label_gap(_LABEL_HEIGHT, canvas, margin, high - low)
    ends = keep_apart([float(curve.accuracy[-1]) for curve in curves], gap)
    most = max([*(int(curve.answered[-1]) for curve in curves), total or 1])
    return draw(
        [*bands, *lines],
        canvas,
        margin=margin,
        annotations=[
            label_beside(
                bold(curve.name, curve.name == emphasised),
                end,
                looks[curve.name].colour,
                x=int(curve.answered[-1]),
                xref="x",
                xshift=9 * scale,
            )
            for curve, end in zip(curves, ends, strict=True)
        ],
        hovermode="x unified",
        hoverlabel={"bgcolor": colours.ground, "font": {"color": colours.ink, "size": 11 * scale}},
        xaxis={
            "title": {"text": "questions answered", "standoff": 6},
            "range": [0, most],
            "tickformat": ",d",
            "showgrid": False,
        },
        yaxis=accuracy_axis(low, high),
    )


def _band(curve: AccuracyCurve, style: SeriesLook, strong: bool) -> go.Scatter:
    there, back = np.asarray(curve.answered), np.asarray(curve.answered)[::-1]
    return go.Scatter(
        x=np.concatenate([there, back]).astype(np.float32),
        y=np.concatenate([np.asarray(curve.high), np.asarray(curve.low)[::-1]]).astype(np.float32),
        fill="toself",
        fillcolor=faint(style.colour, _STRONG if strong else _WEAK),
        line={"width": 0},
        mode="lines",
        hoverinfo="skip",
    )


def _line(curve: AccuracyCurve, style: SeriesLook, scale: float) -> go.Scatter:
    middle, low, high = (np.asarray(values, dtype=np.float32) for values in (curve.accuracy, curve.low, curve.high))
    alone = len(middle) == 1
    return go.Scatter(
        x=np.asarray(curve.answered, dtype=np.float32),
        y=middle,
        customdata=np.column_stack([low, high]),
        name=curve.name,
        mode="markers" if alone else "lines",
        line=style.line(scale),
        marker=style.marker(8 * scale),
        # A band has no width before there is a second point.
        error_y={"array": high - middle, "arrayminus": middle - low, "color": style.colour, "thickness": 1.5}
        if alone
        else None,
        hovertemplate="%{y:.1%} [%{customdata[0]:.1%}, %{customdata[1]:.1%}]",
    )


def _range(curves: Sequence[AccuracyCurve]) -> tuple[float, float]:
    """Room for every line and for its last interval; the first intervals are wide and may leave the plot."""
    lows = [min(*curve.accuracy, curve.low[-1]) for curve in curves]
    highs = [max(*curve.accuracy, curve.high[-1]) for curve in curves]
    low, high = padded(float(min(lows, default=0.0)), float(max(highs, default=1.0)), share=0.06, least=0.005)
    return max(low, -0.01), min(high, 1.01)
