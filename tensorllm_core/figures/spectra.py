"""Singular values of the three unfoldings, with the chosen ranks, the energy kept and the noise floor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from tensorllm_core.figures.axes import padded
from tensorllm_core.figures.labels import label_above
from tensorllm_core.figures.series import faint
from tensorllm_core.figures.theme import Canvas, draw

__all__ = ["ModeSpectrum", "spectra"]

_MOST_POINTS = 1024
_DECADE = 10
_PANEL, _BETWEEN = 0.22, 0.17
"""Heights of a panel and of the space between two, as shares of the figure."""
_NAMES = ("mode 1, model", "mode 2, head width", "mode 3, part")


@dataclass(frozen=True)
class ModeSpectrum:
    """One mode's singular values in descending order, its chosen rank, and its noise floor if there is one.

    Where the values are only the leading ones, `count` is the number of all of them, and `energy` the sum of the
    squares of all.
    """

    values: Float[np.ndarray, " k"]
    rank: int
    noise_edge: float | None = None
    count: int | None = None
    energy: float | None = None

    @property
    def directions(self) -> int:
        """How many singular values there are."""
        return len(self.values) if self.count is None else self.count

    @property
    def cumulative_energy(self) -> Float[np.ndarray, " k"]:
        """Shares of the squared norm that the first 1, 2 ... k directions of this mode hold."""
        energy = self.values.astype(np.float64) ** 2
        return np.cumsum(energy) / max(energy.sum(), self.energy or 0.0, np.finfo(np.float64).tiny)

    @property
    def energy_kept(self) -> float:
        """Share of the squared norm that the first `rank` directions hold."""
        return float(self.cumulative_energy[self.rank - 1])


def spectra(modes: Sequence[ModeSpectrum], canvas: Canvas) -> go.Figure:
    """Three stacked plots: singular values (left axis, logarithmic) and cumulative energy (right axis, percent)."""
    colours = canvas.look
    # Axes are written out by hand: plotly's own subplot helper takes far longer than all the rest.
    traces: list[go.Scatter] = []
    shapes: list[dict[str, Any]] = []
    titles: list[dict[str, Any]] = []
    layout: dict[str, Any] = {}
    for number, (name, mode) in enumerate(zip(_NAMES, modes, strict=True)):
        bottom = (2 - number) * (_PANEL + _BETWEEN)
        values, energy = ("", "3", "5")[number], ("2", "4", "6")[number]
        count = mode.directions
        layout[f"xaxis{values}"] = {
            "anchor": f"y{values}",
            "dtick": 1 if count <= 8 else None,
            # The mark at the last rank stands half a direction beyond it, and needs room for its own width.
            "range": padded(0.5, count + 0.5, share=0.02, least=0.12),
        }
        layout[f"yaxis{values}"] = {
            "domain": [bottom, bottom + _PANEL],
            "anchor": f"x{values}",
            **_scale(mode),
        }
        layout[f"yaxis{energy}"] = {
            "overlaying": f"y{values}",
            "side": "right",
            "anchor": f"x{values}",
            "range": [0, 1.04],
            "tickformat": ".0%",
            "tickvals": [0, 0.5, 1],
            "showgrid": False,
        }
        axes = _Axes(f"x{values}", f"y{values}", f"y{energy}")
        traces += _traces(mode, axes, colours.modes[number], colours.muted)
        shapes += _marks(mode, axes, colours.modes[number], colours.muted)
        text = f"<b>{name}</b>: {mode.rank} of {mode.directions} directions hold {mode.energy_kept:.0%}"
        # Below the others, whose numbers are larger, there is room for the key of the dashed line.
        if number == len(modes) - 1 and mode.noise_edge is not None:
            text += f" <span style='color:{colours.muted}'>- - noise</span>"
        titles.append(label_above(text, 0.0, bottom + _PANEL, xanchor="left"))
    margin = {"t": 22 * canvas.scale, "b": 22 * canvas.scale, "r": 40 * canvas.scale}
    return draw(traces, canvas, margin=margin, shapes=shapes, annotations=titles, **layout)


class _Axes(NamedTuple):
    """Names of one mode's axes: the shared horizontal one, and the two vertical ones."""

    x: str
    values: str
    energy: str


def _traces(mode: ModeSpectrum, axes: _Axes, colour: str, muted: str) -> list[go.Scatter]:
    """The shaded energy and the line of singular values."""
    count = len(mode.values)
    drawn = np.unique(np.linspace(0, count - 1, min(count, _MOST_POINTS)).round().astype(int))
    index = (drawn + 1).astype(np.float32)
    values = np.maximum(mode.values[drawn], _floor(mode)).astype(np.float32)
    few = count <= 64
    return [
        go.Scatter(
            x=index,
            y=mode.cumulative_energy[drawn].astype(np.float32),
            xaxis=axes.x,
            yaxis=axes.energy,
            mode="lines",
            line={"width": 0},
            fill="tozeroy",
            fillcolor=faint(colour, 0.16),
            hovertemplate="first %{x:.0f} directions: %{y:.1%} of the energy<extra></extra>",
        ),
        go.Scatter(
            x=index,
            y=values,
            xaxis=axes.x,
            yaxis=axes.values,
            mode="lines+markers" if few else "lines",
            line={"color": colour, "width": 2},
            marker={"size": 5, "color": np.where(drawn < mode.rank, colour, muted).tolist()} if few else None,
            hovertemplate="singular value %{x:.0f}: %{y:.4g}<extra></extra>",
        ),
    ]


def _marks(mode: ModeSpectrum, axes: _Axes, colour: str, muted: str) -> list[dict[str, Any]]:
    """Lines at the chosen rank, between the last direction that is kept and the next one, and at the noise floor."""
    rank = {"x0": mode.rank + 0.5, "x1": mode.rank + 0.5, "y0": 0, "y1": 1}
    marks: list[dict[str, Any]] = [
        {"xref": axes.x, "yref": f"{axes.values} domain", **rank, "line": {"color": colour, "width": 2, "dash": "dot"}}
    ]
    if mode.noise_edge is not None and mode.noise_edge > _floor(mode):
        edge = {"x0": 0, "x1": 1, "y0": mode.noise_edge, "y1": mode.noise_edge}
        dashed = {"color": muted, "width": 1.5, "dash": "dash"}
        marks.append({"xref": f"{axes.x} domain", "yref": axes.values, **edge, "line": dashed})
    return [{"type": "line", **mark} for mark in marks]


def _scale(mode: ModeSpectrum) -> dict[str, Any]:
    """A logarithmic axis with ticks at decades, or a linear one where the values span less than a decade."""
    if float(mode.values[-1]) * _DECADE > float(mode.values[0]):
        return {"type": "linear", "nticks": 4}
    return {"type": "log", "nticks": 3, "exponentformat": "power"}


def _floor(mode: ModeSpectrum) -> float:
    """A logarithmic axis cannot show zero: values at rounding level are lifted to this."""
    return max(float(mode.values[0]) * 1e-8, float(np.finfo(np.float32).tiny))
