"""Pieces of traces that several figures have, as plotly's settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from tensorllm_core.figures.theme import Look

__all__ = [
    "ROBUST_SCALE",
    "clickable",
    "colour_bar",
    "error_colours",
    "interval",
    "ringed_marker",
    "robust_colours",
    "robust_limit",
    "signed_colours",
]


_COVERED = 0.995
"""Share of the values within the ends of a robust colour scale."""


ROBUST_SCALE = "99.5% of the entries lie within the ends of the colour scale; larger ones have its last colours."
"""What a reader should know of a figure in `robust_colours`."""


def interval(
    middle: Float[np.ndarray, " point"],
    low: Float[np.ndarray, " point"],
    high: Float[np.ndarray, " point"],
    colour: str,
    thickness: float,
) -> dict[str, Any]:
    """An error bar from low to high, without caps."""
    return {
        "array": high - middle,
        "arrayminus": middle - low,
        "color": colour,
        "thickness": thickness,
        "width": 0,
    }


def clickable(numbers: Sequence[int]) -> dict[str, Any]:
    """Settings of marks that are clicked to choose one: each carries its number, and the others turn pale."""
    return {"customdata": np.array(numbers, dtype=np.int32), "unselected": {"marker": {"opacity": 0.55}}}


def ringed_marker(
    ringed: Bool[np.ndarray, " point"], size: float, colour: str, ring: str, scale: float
) -> dict[str, Any]:
    """A marker for each point, with a ring where one is chosen.

    The ring is the point's own rim: another trace on top would take its clicks.

    Args:
        size: of a point without a ring, in pixels.
        ring: colour of the ring.
        scale: of the type.
    """
    return {
        "color": colour,
        "opacity": 1,
        "size": np.where(ringed, 13.0, size) * scale,
        "line": {"color": ring, "width": np.where(ringed, 3.0, 0.0) * scale},
    }


def colour_bar(title: str = "", **more: Any) -> dict[str, Any]:
    """A colour bar, thin and without an outline; `more` as plotly's."""
    named = {"title": {"text": title}} if title else {}
    return {"thickness": 10, "outlinewidth": 0, **named, **more}


def error_colours(colours: Look) -> dict[str, Any]:
    """Settings of a heat map of relative errors, from 0 to 1."""
    return {"zmin": 0, "zmax": 1, "colorscale": colours.error_scale, "colorbar": colour_bar("error", tickformat=".1f")}


def robust_limit(values: Float[np.ndarray, "..."]) -> float:
    """The magnitude that 99.5% of the values stay within: one huge value must not turn all others pale.

    >>> robust_limit(np.array([-2.0, 1.0])), robust_limit(np.zeros(3))
    (1.995, 1.0)
    """
    magnitude = np.abs(np.asarray(values, dtype=np.float64))
    return float(np.quantile(magnitude, _COVERED)) or float(magnitude.max()) or 1.0


def robust_colours(values: Float[np.ndarray, "..."], limit: float, colours: Look, **more: Any) -> dict[str, Any]:
    """`signed_colours` with a bar that says where values lie beyond the limit; `more` as in `colour_bar`.

    Args:
        values: all that the figure draws.
        limit: as `robust_limit` gives it.
    """
    low, high = ("≤ " if values.min() < -limit else "", "≥ " if values.max() > limit else "")
    bar = colour_bar(
        tickvals=[-0.95 * limit, 0, 0.95 * limit], ticktext=[f"{low}{-limit:.2g}", "0", f"{high}{limit:.2g}"], **more
    )
    return {**signed_colours(limit, colours), "colorbar": bar}


def signed_colours(limit: float, colours: Look) -> dict[str, Any]:
    """Settings of a heat map of values from -limit to limit, pale around zero."""
    return {"zmin": -limit, "zmax": limit, "colorscale": colours.signed_scale}
