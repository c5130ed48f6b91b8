"""Axes that several figures have, as plotly's settings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from tensorllm_core.figures.theme import Canvas, Look

__all__ = [
    "accuracy_axis",
    "number_axis",
    "padded",
    "padded_with_zero",
    "powers_of_two",
    "row_axis",
    "tick_step",
    "zero_line",
]

_MOST_NUMBERS, _MOST_POWERS = 16, 8
"""Most ticks of an axis of numbers, and of one of powers of two."""


def padded(low: float, high: float, *, share: float, least: float) -> list[float]:
    """The range with room at both ends: this share of its length, and at least this much.

    >>> padded(0.0, 10.0, share=0.1, least=2.0)
    [-2.0, 12.0]
    """
    room = max(share * (high - low), least)
    return [low - room, high + room]


def padded_with_zero(values: Iterable[float], *, share: float, least: float) -> list[float]:
    """The range of these values and of zero, with room at both ends as in `padded`."""
    numbers = [0.0, *values]
    return padded(min(numbers), max(numbers), share=share, least=least)


def tick_step(count: int) -> int:
    """How far apart the ticks of an axis of so many numbers are.

    >>> tick_step(16), tick_step(17)
    (1, 2)
    """
    return max(1, -(-count // _MOST_NUMBERS))


def number_axis(name: str, count: int) -> dict[str, Any]:
    """An axis of things that are numbered from 0 to count - 1; all have room, whether or not they are drawn yet."""
    return {
        "title": {"text": name, "standoff": 4},
        "range": [-0.5, count - 0.5],
        "dtick": tick_step(count),
        "tick0": 0,
        "showgrid": False,
        "zeroline": False,
    }


def row_axis(names: Sequence[str], canvas: Canvas) -> dict[str, Any]:
    """A vertical axis with a row for each name, the first on top."""
    return {
        "range": [max(len(names), 1) - 0.5, -0.5],
        "tickvals": np.arange(len(names)),
        "ticktext": list(names),
        "tickfont": {"size": 12 * canvas.scale, "color": canvas.look.ink},
        "showgrid": False,
        "zeroline": False,
    }


def accuracy_axis(low: float, high: float) -> dict[str, Any]:
    """A vertical axis of accuracies, as shares of 1, within that range."""
    return {
        "title": {"text": "accuracy", "standoff": 8},
        "range": [low, high],
        "tickformat": ".0%" if high - low > 0.05 else ".1%",
        "nticks": 6,
    }


def zero_line(colours: Look) -> dict[str, Any]:
    """Settings of an axis on which zero stands out."""
    return {"zeroline": True, "zerolinecolor": colours.ink, "zerolinewidth": 1.5}


def powers_of_two(most: int) -> list[int]:
    """Ticks from 1 up to at most `most`, evenly left out where there are too many.

    >>> powers_of_two(9), powers_of_two(512)
    ([1, 2, 4, 8], [1, 4, 16, 64, 256])
    """
    powers = [2**power for power in range(most.bit_length())]
    return powers[:: -(-len(powers) // _MOST_POWERS)]
