"""Relative error of every matrix under every method: who loses what, and what a method leaves alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from tensorllm_core.figures.method_looks import method_look
from tensorllm_core.figures.theme import Appearance, draw, look
from tensorllm_core.types import MethodLook

__all__ = ["MethodErrors", "method_errors"]

_LETTER = 6.3
_ROW = 30
"""Pixels of a row."""


@dataclass(frozen=True)
class MethodErrors:
    """One method's relative error of each matrix that it replaces, from 0 to about 1."""

    title: str
    look: MethodLook
    errors: Mapping[str, float]


def method_errors(
    rows: Sequence[MethodErrors],
    matrices: Sequence[str],
    appearance: Appearance,
    *,
    scale: float = 1.0,
) -> go.Figure:
    """Heat map, methods down and matrices across; a blank cell is a matrix that the method leaves as it is."""
    colours = look(appearance)
    values = np.array(
        [[row.errors.get(matrix, np.nan) for matrix in matrices] for row in rows], dtype=np.float32
    ).reshape(len(rows), len(matrices))
    text = [[f"{value:.2f}" if np.isfinite(value) else "" for value in line] for line in values]
    heat = go.Heatmap(
        z=values,
        x=[f"<b style='color:{colours.parts.get(matrix, colours.ink)}'>{matrix}</b>" for matrix in matrices],
        y=[f"<span style='color:{method_look(row.look, appearance).colour}'>{row.title}</span>" for row in rows],
        zmin=0,
        zmax=1,
        xgap=2,
        ygap=2,
        colorscale=colours.error_scale,
        text=text,
        texttemplate="%{text}",
        hoverongaps=False,
        colorbar={"title": {"text": "error"}, "thickness": 10, "tickformat": ".1f", "outlinewidth": 0},
        hovertemplate="%{y}, %{x}<br>relative error %{z:.3f}<extra></extra>",
    )
    left = scale * (14 + _LETTER * max((len(row.title) for row in rows), default=0))
    return draw(
        [heat],
        colours,
        height=round(scale * (70 + _ROW * max(len(rows), 2))),
        scale=scale,
        margin={"l": left, "t": 30 * scale, "b": 10 * scale},
        xaxis={"type": "category", "side": "top", "showgrid": False},
        yaxis={"autorange": "reversed", "showgrid": False, "tickfont": {"size": 12 * scale}},
    )
