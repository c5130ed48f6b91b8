"""Forest plot of methods at one budget: what each does to accuracy and to loss, with intervals of the difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from tensorllm_core.figures.axes import padded_with_zero, row_axis, zero_line
from tensorllm_core.figures.labels import METHOD_LETTER, bold, label_beside, margin_for
from tensorllm_core.figures.method_looks import method_look
from tensorllm_core.figures.series import SeriesLook
from tensorllm_core.figures.shapes import lines_between_rows
from tensorllm_core.figures.theme import Canvas, draw
from tensorllm_core.figures.traces import interval
from tensorllm_core.numbers_text import signed_points
from tensorllm_core.types import MethodLook

__all__ = ["MethodDelta", "method_deltas"]

_WIDTH, _GAP = 485, 52
"""Pixels of the figure, about, and of the space between its panels, where the numbers stand."""
_ACCURACY = 0.68
"""Share of the room for both panels that accuracies take."""


@dataclass(frozen=True)
class MethodDelta:
    """Differences of one method from the unedited model: each is (difference, low, high), with its 95% interval.

    Accuracy is in shares of 1, loss in nats.
    """

    name: str
    title: str
    look: MethodLook
    accuracy: tuple[float, float, float]
    loss: tuple[float, float, float]


def method_deltas(rows: Sequence[MethodDelta], canvas: Canvas, *, emphasised: str = "") -> go.Figure:
    """A row for each method, accuracy on the left and loss on the right; `emphasised` is the name of one of them."""
    scale = canvas.scale
    looks = [method_look(row.look, canvas.appearance, row.name == emphasised) for row in rows]
    traces = []
    for place, (row, style) in enumerate(zip(rows, looks, strict=True)):
        points = [100 * value for value in row.accuracy]
        traces.append(_mark(row.title, place, points, style, "x", (".1f", "points"), scale))
        traces.append(_mark(row.title, place, row.loss, style, "x2", (".2f", "nats"), scale))
    # The panels share what the margins and the numbers between the panels leave.
    left, right = margin_for((row.title for row in rows), 14, METHOD_LETTER, scale), 14 * scale
    gap = min(_GAP * scale / max(_WIDTH - left - right, 1), 0.4)
    end = _ACCURACY * (1 - gap)
    accuracies = [100 * value for row in rows for value in row.accuracy]
    losses = [value for row in rows for value in row.loss]
    strong = [row.name == emphasised for row in rows]
    zero = {**zero_line(canvas.look), "tickformat": "+~g"}
    titles = [
        f"<span style='color:{style.colour}'>{bold(row.title, is_strong)}</span>"
        for row, style, is_strong in zip(rows, looks, strong, strict=True)
    ]
    return draw(
        traces,
        canvas,
        margin={"l": left, "r": right, "t": 20 * scale, "b": 40 * scale},
        shapes=lines_between_rows(len(rows), canvas.look),
        annotations=[
            label_beside(bold(signed_points(row.accuracy[0]), is_strong), float(place), style.colour, x=end, xshift=4)
            for place, (row, style, is_strong) in enumerate(zip(rows, looks, strong, strict=True))
        ],
        xaxis={
            "title": {"text": "accuracy, points", "standoff": 6},
            "domain": [0, end],
            "range": padded_with_zero(accuracies, share=0.08, least=0.25),
            "nticks": 6,
            **zero,
        },
        xaxis2={
            "title": {"text": "loss, nats", "standoff": 6},
            "domain": [end + gap, 1],
            "range": padded_with_zero(losses, share=0.08, least=0.025),
            "nticks": 4,
            **zero,
        },
        yaxis=row_axis(titles, canvas),
    )


def _mark(
    title: str,
    place: int,
    difference: Sequence[float],
    style: SeriesLook,
    axis: str,
    unit: tuple[str, str],
    scale: float,
) -> go.Scatter:
    """The mark of one row on one axis.

    Args:
        difference: in that unit, with the low and the high end of its interval.
        unit: how a number is written, and what it counts.
    """
    middle, low, high = (np.array([value]) for value in difference)
    form, noun = unit
    return go.Scatter(
        x=middle.astype(np.float32),
        y=np.array([place], dtype=np.float32),
        customdata=np.array([[*low, *high]], dtype=np.float32),
        xaxis=axis,
        name=title,
        mode="markers",
        marker=style.rimmed_marker((6 + style.width) * scale, scale),
        error_x=interval(middle, low, high, style.colour, style.width * 0.9 * scale),
        hovertemplate=(
            f"{title}<br>%{{x:+{form}}} {noun} [%{{customdata[0]:+{form}}}, %{{customdata[1]:+{form}}}]<extra></extra>"
        ),
    )
