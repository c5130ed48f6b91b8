"""What the figures over the layers of a model share: the axis, the chosen layer, and how chance is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float
from plotly.basedatatypes import BaseTraceType

from tensorllm_core.figures.axes import number_axis
from tensorllm_core.figures.labels import keep_apart_inside, label_beside, label_gap
from tensorllm_core.figures.shapes import band_and_line, frame
from tensorllm_core.figures.theme import Canvas, draw

__all__ = ["chance_band", "chance_labels", "draw_layers"]

_TOP, _FOOT = 8.0, 36.0
"""Margins in pixels; that at the foot grows with the type."""
_LINE = 16
"""Height of a label, in pixels."""


def draw_layers(
    traces: Sequence[BaseTraceType],
    canvas: Canvas,
    count: int,
    *,
    chosen: int | None = None,
    margin: dict[str, float],
    shapes: Sequence[dict[str, Any]] = (),
    **layout: Any,
) -> go.Figure:
    """A figure over the layers 0 to count - 1.

    Args:
        chosen: layer whose column gets a frame.
        margin: at the sides, in pixels.
        layout: as plotly's.
    """
    return draw(
        traces,
        canvas,
        margin={"t": _TOP, **margin},
        shapes=[*([] if chosen is None else [frame(chosen, canvas.look)]), *shapes],
        xaxis=number_axis("layer", count),
        **layout,
    )


def chance_band(values: Float[np.ndarray, " draw"], colour: str) -> list[dict[str, Any]]:
    """Shapes across the figure at what chance gives: a dashed line at its mean and, around it, all of its draws."""
    return band_and_line(float(values.mean()), float(values.min()), float(values.max()), colour, 0.25)


def chance_labels(
    texts: Sequence[str], heights: Sequence[float], colours: Sequence[str], canvas: Canvas
) -> list[dict[str, Any]]:
    """Labels at the right of the plot, at these shares of its height or, where they would overlap, near them."""
    gap = label_gap(_LINE, canvas, {"t": _TOP, "b": _FOOT * canvas.scale})
    return [
        label_beside(text, height, colour, yref="paper", xshift=4, align="left")
        for text, height, colour in zip(texts, keep_apart_inside(heights, gap), colours, strict=True)
    ]
