"""How clearly each question is answered rightly or wrongly, before and after an edit, and which answers flip."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Bool, Float, Int

from tensorllm_core.figures.axes import padded_with_zero, zero_line
from tensorllm_core.figures.series import faint, legend
from tensorllm_core.figures.theme import Canvas, Look, draw

__all__ = ["MOST_POINTS", "margins", "margins_caption"]

MOST_POINTS = 4000
"""Most questions that are drawn; a browser draws more of them too slowly."""


def margins(before: Float[np.ndarray, " question"], after: Float[np.ndarray, " question"], canvas: Canvas) -> go.Figure:
    """Scatter of the gold answer's log-probability minus that of the best other choice, in nats.

    An answer is right where its margin is positive; the legend counts all questions, also those that are not drawn.
    """
    colours = canvas.look
    sample = _sample(before, after)
    kinds = _kinds(before, after, colours)
    traces = [
        go.Scatter(
            x=before[chosen].astype(np.float32),
            y=after[chosen].astype(np.float32),
            name=kind.name,
            mode="markers",
            marker={
                "color": kind.colour,
                "symbol": kind.symbol,
                "size": kind.size * canvas.scale,
                "opacity": kind.opacity,
                "line": {"color": kind.colour, "width": 1.2},
            },
            hovertemplate=f"{kind.name}: margin %{{x:+.2f}} before, %{{y:+.2f}} after, nats<extra></extra>",
        )
        for kind in kinds
        for chosen in [sample[kind.members[sample]]]
    ]
    left = 58 * canvas.scale
    names = legend(
        [(kind.symbol, kind.colour, f"{kind.name} {kind.members.sum():,}") for kind in kinds], left, canvas.scale
    )
    across, up = (padded_with_zero(values.tolist(), share=0.05, least=0.1) for values in (before, after))
    title = {"standoff": 6}
    axis = {**zero_line(colours), "showgrid": False, "nticks": 9}
    return draw(
        traces,
        canvas,
        margin={"l": left, "t": names.height, "b": 40 * canvas.scale},
        shapes=_regions(across, up, colours),
        annotations=[*_corner_labels(colours), names.annotation],
        xaxis={"title": {"text": "margin of the gold answer before, nats", **title}, "range": across, **axis},
        yaxis={"title": {"text": "after, nats", **title}, "range": up, **axis},
    )


def margins_caption(count: int) -> str:
    """A sentence on the questions that are not drawn; empty when all are.

    >>> margins_caption(4000)
    ''
    """
    if count <= MOST_POINTS:
        return ""
    return f"Drawn are {MOST_POINTS:,} of {count:,} questions: those whose answer flipped, then a random sample."


class _Kind(NamedTuple):
    name: str
    members: Bool[np.ndarray, " question"]
    colour: str
    symbol: str
    size: float
    opacity: float


def _kinds(before: Float[np.ndarray, " question"], after: Float[np.ndarray, " question"], colours: Look) -> list[_Kind]:
    """The flips last, so that they lie on top."""
    was, became = before > 0, after > 0
    return [
        _Kind("kept right", was & became, colours.modes[0], "circle", 4.0, 0.4),
        _Kind("kept wrong", ~was & ~became, colours.muted, "x-thin", 5.0, 0.6),
        _Kind("fixed", ~was & became, colours.modes[2], "triangle-up", 8.0, 0.9),
        _Kind("broken", was & ~became, colours.modes[1], "diamond", 7.0, 0.9),
    ]


def _sample(before: Float[np.ndarray, " question"], after: Float[np.ndarray, " question"]) -> Int[np.ndarray, " drawn"]:
    """Numbers of the questions that are drawn: all flips, and as many others as there is room for.

    The others are the same for the same count, so that nothing jumps.
    """
    order = np.random.default_rng(0).permutation(len(before))
    is_same = (before > 0) == (after > 0)
    return order[np.argsort(is_same[order], kind="stable")][:MOST_POINTS]


def _regions(across: list[float], up: list[float], colours: Look) -> list[dict[str, Any]]:
    """The quadrants in which answers flip, and the diagonal on which nothing moves."""
    box = {"type": "rect", "layer": "below", "line": {"width": 0}}
    start, end = max(across[0], up[0]), min(across[1], up[1])
    dotted = {"color": colours.muted, "dash": "dot", "width": 1.5}
    fixed = {"x0": across[0], "x1": 0, "y0": 0, "y1": up[1], "fillcolor": faint(colours.modes[2], 0.1)}
    broken = {"x0": 0, "x1": across[1], "y0": up[0], "y1": 0, "fillcolor": faint(colours.modes[1], 0.1)}
    diagonal = {"type": "line", "x0": start, "x1": end, "y0": start, "y1": end, "line": dotted, "layer": "below"}
    return [{**box, **fixed}, {**box, **broken}, diagonal]


def _corner_labels(colours: Look) -> list[dict[str, Any]]:
    """Names of the two quadrants of flips, in their outer corners, where points are rare."""
    common = {"xref": "paper", "yref": "paper", "showarrow": False}
    left = {"x": 0, "y": 1, "xanchor": "left", "yanchor": "top", "text": "<b>fixed</b>"}
    right = {"x": 1, "y": 0, "xanchor": "right", "yanchor": "bottom", "text": "<b>broken</b>"}
    return [
        {**common, **left, "font": {"color": colours.modes[2]}},
        {**common, **right, "font": {"color": colours.modes[1]}},
    ]
