"""Relative error of every matrix under every method: who loses what, and what a method leaves alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from tensorllm_core.figures.method_looks import method_look
from tensorllm_core.figures.theme import Appearance, draw, look

__all__ = ["method_errors"]

_LETTER = 6.3
_ROW = 30
"""Pixels of a row."""


def method_errors(
    errors: Mapping[str, Mapping[str, float]],
    titles: Mapping[str, str],
    matrices: Sequence[str],
    appearance: Appearance,
    *,
    scale: float = 1.0,
) -> go.Figure:
    """Heat map, methods down and matrices across; a blank cell is a matrix that the method leaves as it is.

    Args:
        errors: by method and matrix, from 0 to about 1.
        titles: of each method, as people read them.
    """
    colours = look(appearance)
    names = list(errors)
    values = np.array(
        [[errors[name].get(matrix, np.nan) for matrix in matrices] for name in names], dtype=np.float32
    ).reshape(len(names), len(matrices))
    text = [[f"{value:.2f}" if np.isfinite(value) else "" for value in row] for row in values]
    heat = go.Heatmap(
        z=values,
        x=[f"<b style='color:{colours.parts.get(matrix, colours.ink)}'>{matrix}</b>" for matrix in matrices],
        y=[f"<span style='color:{method_look(name, appearance).colour}'>{titles[name]}</span>" for name in names],
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
    left = scale * (14 + _LETTER * max((len(titles[name]) for name in names), default=0))
    return draw(
        [heat],
        colours,
        height=round(scale * (70 + _ROW * max(len(names), 2))),
        scale=scale,
        margin={"l": left, "t": 30 * scale, "b": 10 * scale},
        xaxis={"type": "category", "side": "top", "showgrid": False},
        yaxis={"autorange": "reversed", "showgrid": False, "tickfont": {"size": 12 * scale}},
    )
