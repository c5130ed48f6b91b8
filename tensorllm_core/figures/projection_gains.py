"""Forest plot of an ablation: by benchmark, what changing one projection alone did, and all of them together."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from tensorllm_core.figures.deltas import Delta, deltas
from tensorllm_core.figures.series import SeriesLook
from tensorllm_core.figures.theme import Canvas, Look

__all__ = ["projection_gains"]

_SYMBOLS = {"Q": "square", "K": "diamond", "V": "triangle-up", "O": "cross"}


def projection_gains(rows: Sequence[Delta], canvas: Canvas, *, chosen: str) -> go.Figure:
    """A row for each benchmark, in it a mark for each series: Q, K, V and O in their colours, any other in orange.

    Args:
        chosen: the series that is drawn stronger, and whose numbers stand at the right.
    """
    looks = {row.series: _look_of(row.series, row.series == chosen, canvas.look) for row in rows}
    return deltas(rows, canvas, emphasised=chosen, looks=looks)


def _look_of(series: str, chosen: bool, colours: Look) -> SeriesLook:
    width = 3.0 if chosen else 1.5
    return SeriesLook(colours.parts.get(series, colours.modes[1]), "solid", _SYMBOLS.get(series, "circle"), width)
