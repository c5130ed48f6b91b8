"""Relative error of every matrix under every method: who loses what, and what a method leaves alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from tensorllm_core.figures.labels import METHOD_LETTER, margin_for
from tensorllm_core.figures.method_looks import method_look
from tensorllm_core.figures.theme import Canvas, draw
from tensorllm_core.figures.traces import error_colours
from tensorllm_core.types import MethodLook

__all__ = ["MethodErrors", "errors_height", "method_errors"]

_ROW, _AROUND = 30, 70
"""Height of a row, and of all above and below the rows, in pixels at normal type."""


@dataclass(frozen=True)
class MethodErrors:
    """One method's relative error of each matrix that it replaces, from 0 to about 1."""

    title: str
    look: MethodLook
    errors: Mapping[str, float]


def method_errors(rows: Sequence[MethodErrors], matrices: Sequence[str], canvas: Canvas) -> go.Figure:
    """Heat map, methods down and matrices across; a blank cell is a matrix that the method leaves as it is."""
    colours = canvas.look
    values = np.array(
        [[row.errors.get(matrix, np.nan) for matrix in matrices] for row in rows], dtype=np.float32
    ).reshape(len(rows), len(matrices))
    text = [[f"{value:.2f}" if np.isfinite(value) else "" for value in line] for line in values]
    heat = go.Heatmap(
        z=values,
        x=[f"<b style='color:{colours.parts.get(matrix, colours.ink)}'>{matrix}</b>" for matrix in matrices],
        y=[f"<span style='color:{method_look(row.look, canvas.appearance).colour}'>{row.title}</span>" for row in rows],
        xgap=2,
        ygap=2,
        **error_colours(colours),
        text=text,
        texttemplate="%{text}",
        hoverongaps=False,
        hovertemplate="%{y}, %{x}<br>relative error %{z:.3f}<extra></extra>",
    )
    left = margin_for((row.title for row in rows), 14, METHOD_LETTER, canvas.scale)
    return draw(
        [heat],
        canvas,
        margin={"l": left, "t": 30 * canvas.scale, "b": 10 * canvas.scale},
        xaxis={"type": "category", "side": "top", "showgrid": False},
        yaxis={"autorange": "reversed", "showgrid": False, "tickfont": {"size": 12 * canvas.scale}},
    )


def errors_height(methods: int) -> int:
    """Height of the figure of so many methods, in pixels at normal type."""
    return _AROUND + _ROW * max(methods, 2)
