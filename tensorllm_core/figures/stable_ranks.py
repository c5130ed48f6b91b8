"""Stable rank of every layer in the three modes, beside that of Gaussian weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from tensorllm_core.figures.layer_figure import chance_band, chance_labels, draw_layers
from tensorllm_core.figures.theme import Canvas
from tensorllm_core.figures.traces import clickable

__all__ = ["stable_ranks"]

_LEAST = 0.95
"""Where the axis begins: a stable rank is at least 1."""


def stable_ranks(
    ranks: Mapping[int, tuple[float, float, float]],
    chance: Float[np.ndarray, "draw mode"],
    count: int,
    canvas: Canvas,
    *,
    chosen: int | None = None,
) -> go.Figure:
    """One line for each mode in its colour, on a logarithmic axis; a dashed one shows what chance gives.

    Args:
        ranks: of modes 1, 2 and 3 for each layer that is there; `customdata` of its points is its number.
        chance: of the Gaussian draws; no rows while there are none.
        count: of all layers of the model.
        chosen: layer whose column gets a frame.
    """
    layers = sorted(ranks)
    values = np.array([ranks[layer] for layer in layers], dtype=np.float32).reshape(-1, 3)
    # A zero layer has a stable rank of zero, which a logarithmic axis cannot show.
    values = np.where(values > 0, values, np.nan)
    modes = canvas.look.modes
    highest = max([2.0, *values[np.isfinite(values)].tolist(), *chance.ravel().tolist()])
    low, high = float(np.log10(_LEAST)), float(np.log10(highest * 1.25))
    bands: list[dict[str, Any]] = []
    labels: list[dict[str, Any]] = []
    if len(chance):
        levels = [float(level) for level in chance.mean(axis=0)]
        bands = [shape for mode, colour in enumerate(modes) for shape in chance_band(chance[:, mode], colour)]
        labels = chance_labels(
            [f"<b>mode {mode}</b> noise {level:.3g}" for mode, level in enumerate(levels, start=1)],
            [(float(np.log10(max(level, _LEAST))) - low) / (high - low) for level in levels],
            modes,
            canvas,
        )
    return draw_layers(
        [_line(layers, values[:, mode], f"mode {mode + 1}", modes[mode], canvas.scale) for mode in range(3)],
        canvas,
        count,
        chosen=chosen,
        margin={"r": 104 * canvas.scale},
        shapes=bands,
        annotations=labels,
        yaxis={
            "title": {"text": "stable rank", "standoff": 6},
            "type": "log",
            "range": [low, high],
            "tickvals": [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000],
        },
    )


def _line(
    layers: Sequence[int], ranks: Float[np.ndarray, " layer"], name: str, colour: str, scale: float
) -> go.Scatter:
    return go.Scatter(
        x=np.array(layers, dtype=np.float32),
        y=ranks,
        mode="lines+markers",
        line={"color": colour, "width": 2},
        marker={"color": colour, "size": 7 * scale, "opacity": 1},
        # Points at the edge of the plot are drawn whole.
        cliponaxis=False,
        hovertemplate=f"layer %{{x:.0f}}, {name}: rank %{{y:.2f}}<br>click to choose<extra></extra>",
        **clickable(layers),
    )
