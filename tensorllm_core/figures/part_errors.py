"""Relative error of each projection of each group: which parts and which heads the ranks serve badly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from tensorllm_core.figures.theme import Canvas, draw, part_colour
from tensorllm_core.figures.traces import error_colours

__all__ = ["part_errors"]

_MOST_LABELLED_CELLS = 200


def part_errors(error: Float[np.ndarray, "part group"], parts: Sequence[str], unit: str, canvas: Canvas) -> go.Figure:
    """Heat map, parts down and groups across; each cell relative to the norm of its own slice."""
    colours = canvas.look
    labelled = error.size <= _MOST_LABELLED_CELLS
    heat = go.Heatmap(
        z=error.astype(np.float32),
        x=[str(group) for group in range(error.shape[1])],
        y=[f"<b style='color:{part_colour(part, colours)}'>{part}</b>" for part in parts],
        xgap=2,
        ygap=2,
        **error_colours(colours),
        texttemplate="%{z:.2f}" if labelled else None,
        hovertemplate=f"%{{y}} of {unit} %{{x}}<br>relative error %{{z:.3f}}<extra></extra>",
    )
    return draw(
        [heat],
        canvas,
        xaxis={"title": {"text": unit, "standoff": 4}, "type": "category", "showgrid": False},
        yaxis={"autorange": "reversed", "showgrid": False},
    )
