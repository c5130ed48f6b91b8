"""Labels that several figures have, as plotly's annotations, and how they keep apart where they would overlap."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from tensorllm_core.figures.theme import Canvas

__all__ = [
    "METHOD_LETTER",
    "NAME_LETTER",
    "bold",
    "keep_apart",
    "keep_apart_inside",
    "label_above",
    "label_beside",
    "label_gap",
    "label_on_top",
    "margin_for",
]


METHOD_LETTER, NAME_LETTER = 6.3, 6.6
"""Widths of a letter in pixels, about: in the titles of methods, and in other names."""


def label_above(text: str, x: float, y: float, **place: Any) -> dict[str, Any]:
    """A label above a panel; `x` and `y` are shares of the plot's width and height, `place` as plotly's."""
    where = {"x": x, "xref": "paper", "y": y, "yref": "paper", "yanchor": "bottom"}
    return {**where, "text": text, "showarrow": False, **place}


def label_beside(text: str, y: float, colour: str, **place: Any) -> dict[str, Any]:
    """A label at the right of the plot, where the vertical axis has `y`; `place` as plotly's, where it differs."""
    where = {"x": 1, "xref": "paper", "xanchor": "left", "xshift": 6, "y": y, "yanchor": "middle"}
    return {**where, "text": text, "font": {"color": colour}, "showarrow": False, **place}


def label_on_top(text: str, x: float, colour: str) -> dict[str, Any]:
    """A label above the plot, where the horizontal axis has `x` (its logarithm, if the axis is logarithmic)."""
    where = {"x": x, "xref": "x", "xanchor": "center", "y": 1, "yref": "paper", "yanchor": "bottom"}
    return {**where, "text": text, "font": {"color": colour}, "showarrow": False}


def bold(text: str, strong: bool) -> str:
    """The text, in bold if it is to stand out."""
    return f"<b>{text}</b>" if strong else text


def margin_for(names: Iterable[str], beside: int, letter: float, scale: float) -> float:
    """Width of a margin in which these names stand, in pixels.

    Args:
        beside: space beside the names, in pixels.
        letter: width of a letter, in pixels, about.
        scale: of the type.
    """
    return scale * (beside + letter * max((len(name) for name in names), default=0))


def label_gap(pixels: int, canvas: Canvas, margin: Mapping[str, float], span: float = 1.0) -> float:
    """So many pixels in units of the vertical axis, which is `span` units long between the margins."""
    return pixels * canvas.scale * span / max(canvas.height - margin["t"] - margin["b"], 1)


def keep_apart(places: Sequence[float], gap: float) -> list[float]:
    """The places nearest to these, in the same order, of which no two are closer than the gap.

    Labels that would overlap become one block around the mean of their places.

    >>> keep_apart([1.0, 5.0, 1.0], 2.0)
    [0.0, 5.0, 2.0]
    """
    order = sorted(range(len(places)), key=lambda number: places[number])
    blocks: list[tuple[float, list[int]]] = []
    for number in order:
        centre, members = places[number], [number]
        while blocks and blocks[-1][0] + gap * (len(blocks[-1][1]) + len(members)) / 2 > centre:
            before, others = blocks.pop()
            centre = (before * len(others) + centre * len(members)) / (len(others) + len(members))
            members = others + members
        blocks.append((centre, members))
    moved = {
        number: centre + gap * (place - (len(members) - 1) / 2)
        for centre, members in blocks
        for place, number in enumerate(members)
    }
    return [moved[number] for number in range(len(places))]


def keep_apart_inside(places: Sequence[float], gap: float) -> list[float]:
    """The places, in the same order, moved up and then down into 0 to 1 as far as a gap between them needs.

    >>> keep_apart_inside([0.5, 0.5, 0.0], 0.25)
    [0.5, 0.75, 0.0]
    >>> keep_apart_inside([1.0, 0.9], 0.25)
    [1.0, 0.75]
    """
    order = sorted(range(len(places)), key=lambda number: places[number])
    moved = list(places)
    for below, number in pairwise(order):
        moved[number] = max(moved[number], moved[below] + gap)
    highest = 1.0
    for number in reversed(order):
        moved[number] = min(moved[number], highest)
        highest = moved[number] - gap
    return moved
