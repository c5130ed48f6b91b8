"""What figures over the layers of a model share: the axis, the mark of the chosen layer, and how chance is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Float

from tensorllm_core.figures.series import faint
from tensorllm_core.figures.theme import Look

__all__ = ["beside", "chance_band", "chosen_mark", "layer_axis", "spread"]

_MOST_TICKS = 16


def layer_axis(count: int) -> dict[str, Any]:
    """Axis of the layers 0 to count - 1, whole whether or not all of them are there yet; ticks at whole layers."""
    return {
        "title": {"text": "layer", "standoff": 4},
        "range": [-0.5, count - 0.5],
        "dtick": max(1, -(-count // _MOST_TICKS)),
        "tick0": 0,
        "showgrid": False,
        "zeroline": False,
    }


def chosen_mark(layer: int, colours: Look) -> dict[str, Any]:
    """A shape that frames the column of a layer, over the whole height."""
    return {
        "type": "rect",
        "xref": "x",
        "x0": layer - 0.5,
        "x1": layer + 0.5,
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "line": {"color": colours.ink, "width": 1.5},
        "fillcolor": "rgba(0,0,0,0)",
    }


def chance_band(values: Float[np.ndarray, " draw"], colour: str) -> list[dict[str, Any]]:
    """Shapes across the figure at what chance gives: a dashed line at its mean and, around it, all of its draws."""
    across = {"xref": "paper", "x0": 0, "x1": 1, "yref": "y", "layer": "below"}
    middle, low, high = float(values.mean()), float(values.min()), float(values.max())
    return [
        {"type": "rect", **across, "y0": low, "y1": high, "fillcolor": faint(colour, 0.25), "line": {"width": 0}},
        {
            "type": "line",
            **across,
            "y0": middle,
            "y1": middle,
            "line": {"color": colour, "width": 1.5, "dash": "dash"},
        },
    ]


def beside(share: float, text: str, colour: str) -> dict[str, Any]:
    """A label at the right of the plot, at that share of its height."""
    place = {"xref": "paper", "x": 1, "xanchor": "left", "xshift": 4, "yref": "paper", "y": share, "yanchor": "middle"}
    return {**place, "text": text, "align": "left", "showarrow": False, "font": {"color": colour}}


def spread(places: Sequence[float], gap: float) -> list[float]:
    """The places, in the same order, moved upwards and then down into 0 to 1 as far as a gap between them needs.

    >>> spread([0.5, 0.5, 0.0], 0.25)
    [0.5, 0.75, 0.0]
    >>> spread([1.0, 0.9], 0.25)
    [1.0, 0.75]
    """
    order = sorted(range(len(places)), key=lambda number: places[number])
    found = list(places)
    for below, number in pairwise(order):
        found[number] = max(found[number], found[below] + gap)
    highest = 1.0
    for number in reversed(order):
        found[number] = min(found[number], highest)
        highest = found[number] - gap
    return found
