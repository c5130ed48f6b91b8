"""Singular values of the three unfoldings, with the chosen ranks, the energy kept and the noise floor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float
from plotly.subplots import make_subplots

from tensorllm_core.figures.theme import Appearance, look, style

__all__ = ["ModeSpectrum", "spectra"]

_MOST_POINTS = 1024
_NAMES = ("mode 1, model", "mode 2, head width", "mode 3, part")


@dataclass(frozen=True)
class ModeSpectrum:
    """One mode's singular values in descending order, its chosen rank, and its noise floor if there is one."""

    values: Float[np.ndarray, " k"]
    rank: int
    noise_edge: float | None = None

    @property
    def energy_kept(self) -> float:
        """Share of the squared norm that the first `rank` directions of this mode hold."""
        energy = self.values.astype(np.float64) ** 2
        return float(energy[: self.rank].sum() / max(energy.sum(), np.finfo(np.float64).tiny))


def spectra(
    modes: Sequence[ModeSpectrum], appearance: Appearance, *, height: int = 330, scale: float = 1.0
) -> go.Figure:
    """Three stacked plots: singular values (left axis, logarithmic) and cumulative energy (right axis, percent)."""
    colours = look(appearance)
    titles = [
        f"<b>{name}</b>: {mode.rank} of {len(mode.values)} directions hold {mode.energy_kept:.0%}"
        for name, mode in zip(_NAMES, modes, strict=True)
    ]
    figure = make_subplots(
        rows=3, cols=1, specs=[[{"secondary_y": True}]] * 3, vertical_spacing=0.17, subplot_titles=titles
    )
    for row, mode in enumerate(modes, start=1):
        _draw_mode(figure, mode, row, colours.modes[row - 1], colours.muted)
    style(figure, colours, height=height, scale=scale, margin={"t": 22 * scale, "b": 22 * scale, "r": 40 * scale})
    figure.update_annotations(x=0, xanchor="left")
    figure.update_yaxes(type="log", nticks=3, exponentformat="power", secondary_y=False)
    figure.update_yaxes(range=[0, 1.04], tickformat=".0%", tickvals=[0, 0.5, 1], showgrid=False, secondary_y=True)
    return figure


def _draw_mode(figure: go.Figure, mode: ModeSpectrum, row: int, colour: str, muted: str) -> None:
    count = len(mode.values)
    shown = np.unique(np.linspace(0, count - 1, min(count, _MOST_POINTS)).round().astype(int))
    index = (shown + 1).astype(np.float32)
    energy = mode.values.astype(np.float64) ** 2
    kept = np.cumsum(energy) / max(energy.sum(), np.finfo(np.float64).tiny)
    # A logarithmic axis cannot show zero: values at rounding level are lifted to it.
    floor = max(float(mode.values[0]) * 1e-8, np.finfo(np.float32).tiny)
    values = np.maximum(mode.values[shown], floor).astype(np.float32)
    figure.add_trace(
        go.Scatter(
            x=index,
            y=kept[shown].astype(np.float32),
            mode="lines",
            line={"width": 0},
            fill="tozeroy",
            fillcolor=_faint(colour),
            hovertemplate="first %{x:.0f} directions: %{y:.1%} of the energy<extra></extra>",
        ),
        row=row,
        col=1,
        secondary_y=True,
    )
    figure.add_trace(
        go.Scatter(
            x=index,
            y=values,
            mode="lines+markers" if count <= 64 else "lines",
            line={"color": colour, "width": 2},
            marker={"size": 5, "color": np.where(shown < mode.rank, colour, muted).tolist()} if count <= 64 else None,
            hovertemplate="singular value %{x:.0f}: %{y:.4g}<extra></extra>",
        ),
        row=row,
        col=1,
    )
    if count <= 8:
        figure.update_xaxes(dtick=1, row=row, col=1)
    figure.add_vline(x=mode.rank + 0.5, line={"color": colour, "width": 2, "dash": "dot"}, row=row, col=1)
    if mode.noise_edge is not None and mode.noise_edge > floor:
        figure.add_hline(y=mode.noise_edge, line={"color": muted, "width": 1.5, "dash": "dash"}, row=row, col=1)


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.16)"
