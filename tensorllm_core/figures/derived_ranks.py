"""How ranks are derived from a compression ratio: the ratios near it of all rank triples that could have been tried."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from tensorllm_core.figures.labels import label_beside
from tensorllm_core.figures.shapes import line_across
from tensorllm_core.figures.theme import Canvas, Look, draw
from tensorllm_core.types import Ranks

__all__ = ["derived_ranks"]

_WINDOW = 2.2
"""Ratios are drawn from the published one over this factor to the published one times it."""
_DASHES = ("solid", "dash", "dot", "dashdot")
_APART = 0.05
"""Names keep apart by at least this share of the plot's width or height."""
_TICKS = tuple(base * 10**power for power in range(-1, 5) for base in (1, 1.5, 2, 3, 4, 5, 7))


def derived_ranks(
    triples: Sequence[tuple[Ranks, float]], target: float, canvas: Canvas, *, matches: Sequence[Ranks], chosen: Ranks
) -> go.Figure:
    """A curve for each R3 over the tied rank r = R2, a line at the published ratio, and rings where it is met.

    Args:
        triples: ranks and their compression ratio.
        target: the published compression ratio.
        matches: ranks that give it; they are named, and the chosen one of them is filled.
    """
    colours, scale = canvas.look, canvas.scale
    near = [(ranks, ratio) for ranks, ratio in triples if target / _WINDOW <= ratio <= target * _WINDOW]
    curves = [_curve(r3, near, colours, scale) for r3 in sorted({ranks.r3 for ranks, _ in near})]
    low, high = min(ranks.r2 for ranks, _ in near), max(ranks.r2 for ranks, _ in near)
    room = 0.06 * (high - low) + 0.3
    return draw(
        [*curves, _rings(matches, target, chosen, colours, scale)],
        canvas,
        margin={"l": 58 * scale, "t": 8, "r": 70 * scale, "b": 40 * scale},
        shapes=[line_across(target, colours.ink, width=1.2)],
        annotations=[
            label_beside(f"<b>{target:g}x</b><br>published", math.log10(target), colours.ink, align="left"),
            *(_name(ranks, target, place, len(matches), colours) for place, ranks in enumerate(matches)),
            *_curve_names(near, high - low, colours),
        ],
        xaxis={
            "title": {"text": "tied rank r: R2 = r, R1 = r x heads", "standoff": 6},
            "range": [low - room, high + room],
        },
        yaxis={
            "title": {"text": "compression ratio", "standoff": 8},
            "type": "log",
            "range": [math.log10(target / _WINDOW), math.log10(target * _WINDOW)],
            "tickvals": [tick for tick in _TICKS if target / _WINDOW <= tick <= target * _WINDOW],
            "tickformat": "~g",
        },
    )


def _curve(r3: int, near: Sequence[tuple[Ranks, float]], colours: Look, scale: float) -> go.Scatter:
    points = [(ranks, ratio) for ranks, ratio in near if ranks.r3 == r3]
    return go.Scatter(
        x=np.array([ranks.r2 for ranks, _ in points], dtype=np.float32),
        y=np.array([ratio for _, ratio in points], dtype=np.float32),
        text=[f"{ranks}" for ranks, _ in points],
        name=f"R3 = {r3}",
        mode="lines+markers",
        line={"color": colours.modes[2], "width": 1.2 * scale, "dash": _DASHES[(r3 - 1) % len(_DASHES)]},
        marker={"color": colours.modes[2], "size": 3.5 * scale},
        hovertemplate="ranks %{text}<br>ratio %{y:.2f}x<extra></extra>",
    )


def _rings(matches: Sequence[Ranks], target: float, chosen: Ranks, colours: Look, scale: float) -> go.Scatter:
    return go.Scatter(
        x=np.array([ranks.r2 for ranks in matches], dtype=np.float32),
        y=np.full(len(matches), target, dtype=np.float32),
        text=[f"{ranks}" for ranks in matches],
        name="derived",
        mode="markers",
        marker={
            "symbol": ["circle" if ranks == chosen else "circle-open" for ranks in matches],
            "color": colours.modes[1],
            "size": 12 * scale,
            "line": {"color": colours.modes[1], "width": 2.5 * scale},
        },
        hovertemplate="%{text}<br>gives the published ratio<extra></extra>",
    )


def _name(ranks: Ranks, target: float, place: int, count: int, colours: Look) -> dict[str, Any]:
    """The name of a ring; the last one stands to its right, the others to their left, so that they keep apart."""
    is_left = place < count - 1
    where = {"x": ranks.r2, "xanchor": "right" if is_left else "left", "xshift": -6 if is_left else 6}
    height = {"y": math.log10(target), "yanchor": "bottom", "yshift": 8}
    return {**where, **height, "text": f"<b>{ranks}</b>", "font": {"color": colours.modes[1]}, "showarrow": False}


def _curve_names(near: Sequence[tuple[Ranks, float]], width: int, colours: Look) -> list[dict[str, Any]]:
    """The R3 of each curve at its lower end, short, for they lie close together; left out where they would overlap."""
    ends = {ranks.r3: (ranks, ratio) for ranks, ratio in sorted(near, key=lambda triple: triple[0].r2)}
    common = {"xanchor": "left", "yanchor": "middle", "xshift": 5, "font": {"color": colours.modes[2]}}
    names: list[dict[str, Any]] = []
    # From the right to the left, so that the outermost curve is always named.
    for r3 in sorted(ends, key=lambda r3: ends[r3], reverse=True):
        ranks, ratio = ends[r3]
        x, y = ranks.r2, math.log10(ratio)
        is_clear = all(
            math.hypot((x - other["x"]) / max(width, 1), (y - other["y"]) / (2 * math.log10(_WINDOW))) > _APART
            for other in names
        )
        if is_clear:
            text = f"{r3}" if names else f"R3 = {r3}"
            names.append({**common, "x": x, "y": y, "text": text, "showarrow": False})
    return names
