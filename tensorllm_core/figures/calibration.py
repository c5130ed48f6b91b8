"""Reliability diagram: how often answers are right by how sure the model was of them, and how many such answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float, Int

from tensorllm_core.figures.series import SeriesLook, faint, legend, series_looks
from tensorllm_core.figures.theme import Canvas, Look, draw

__all__ = ["CalibrationCurve", "reliability"]

_BARS = 0.2
"""Share of the height for the counts."""
_BETWEEN = 0.07


@dataclass(frozen=True, eq=False)
class CalibrationCurve:
    """One subject's answers in bins of equal width; NaN where a bin is empty.

    `confidence` is the mean over each bin, where the points stand; without it they stand in the bins' middles.
    """

    name: str
    centres: Float[np.ndarray, " bin"]
    accuracy: Float[np.ndarray, " bin"]
    counts: Int[np.ndarray, " bin"]
    confidence: Float[np.ndarray, " bin"] | None = None


def reliability(curves: Sequence[CalibrationCurve], canvas: Canvas, *, emphasised: str) -> go.Figure:
    """Accuracy against confidence above, counts of the bins below; below the diagonal a model is too sure of itself."""
    colours = canvas.look
    looks = series_looks([curve.name for curve in curves], canvas.appearance, emphasised)
    left = 58 * canvas.scale
    names = legend([(style.symbol, style.colour, name) for name, style in looks.items()], left, canvas.scale)
    title = {"standoff": 6}
    diagonal = {"type": "line", "x0": 0, "x1": 1, "y0": 0, "y1": 1, "layer": "below"}
    return draw(
        [
            *(_points(curve, looks[curve.name], canvas.scale) for curve in curves),
            *(_bars(curve, looks[curve.name], canvas.scale) for curve in curves),
        ],
        canvas,
        margin={"l": left, "t": names.height, "b": 40 * canvas.scale, "r": 24 * canvas.scale},
        bargap=0.15,
        shapes=[{**diagonal, "line": {"color": colours.muted, "dash": "dot", "width": 1.5}}],
        annotations=[*_corner_labels(colours), names.annotation],
        xaxis={
            "title": {"text": "confidence in the chosen answer", **title},
            "range": [_start(curves), 1],
            "tickvals": np.linspace(0, 1, 11),
            "tickformat": ".0%",
            "anchor": "y2",
            "showgrid": False,
        },
        yaxis={
            "title": {"text": "share right", **title},
            "range": [-0.03, 1.03],
            "tickvals": [0, 0.5, 1],
            "tickformat": ".0%",
            "domain": [_BARS + _BETWEEN, 1],
            "zeroline": False,
        },
        yaxis2={"title": {"text": "answers", **title}, "domain": [0, _BARS], "nticks": 3, "rangemode": "tozero"},
    )


def _points(curve: CalibrationCurve, style: SeriesLook, scale: float) -> go.Scatter:
    filled = curve.counts > 0
    confidence = curve.centres if curve.confidence is None else curve.confidence
    return go.Scatter(
        x=confidence[filled].astype(np.float32),
        y=curve.accuracy[filled].astype(np.float32),
        customdata=curve.counts[filled],
        name=curve.name,
        mode="lines+markers",
        line=style.line(scale),
        marker=style.marker(8 * scale),
        # Points at the edge of the plot are drawn whole.
        cliponaxis=False,
        hovertemplate=(
            f"{curve.name}: %{{y:.1%}} right at a confidence of %{{x:.1%}}<br>%{{customdata:,}} answers<extra></extra>"
        ),
    )


def _bars(curve: CalibrationCurve, style: SeriesLook, scale: float) -> go.Bar:
    return go.Bar(
        x=curve.centres.astype(np.float32),
        y=curve.counts,
        yaxis="y2",
        name=curve.name,
        marker={"color": faint(style.colour, 0.55), "line": {"color": style.colour, "width": scale}},
        hovertemplate=f"{curve.name}: %{{y:,}} answers<extra></extra>",
    )


def _start(curves: Sequence[CalibrationCurve]) -> float:
    """Where the first bin with an answer begins: with two choices no confidence is below a half."""
    return min(
        (
            float(curve.centres[curve.counts > 0][0] - curve.centres[0])
            for curve in curves
            if len(curve.centres) and curve.counts.any()
        ),
        default=0.0,
    )


def _corner_labels(colours: Look) -> list[dict[str, Any]]:
    """Labels in the two corners off the diagonal, where points are rare."""
    common = {"xref": "paper", "showarrow": False, "font": {"color": colours.muted}}
    left = {"x": 0, "xshift": 4, "y": 1, "xanchor": "left", "yanchor": "top", "text": "not sure enough"}
    right = {"x": 1, "y": 0, "xanchor": "right", "yanchor": "bottom", "text": "too sure"}
    return [{**common, **left}, {**common, **right}]
