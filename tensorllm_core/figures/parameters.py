"""Where a model's parameters sit: one bar, split by kind."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go

from tensorllm_core.figures.theme import Canvas, draw

__all__ = ["parameter_shares"]

_LEAST_LABELLED = 0.12
"""Smallest share with room for its name."""


def parameter_shares(by_kind: Mapping[str, int], canvas: Canvas) -> go.Figure:
    """One horizontal bar; the attention's share stands out."""
    colours = canvas.look
    total = sum(by_kind.values())
    shades = {"attention": colours.modes[0], "feed-forward": colours.muted}
    bars = [
        go.Bar(
            x=[count / total],
            y=[""],
            name=kind,
            orientation="h",
            marker={"color": shades.get(kind, colours.grid), "line": {"color": colours.ground, "width": 2}},
            text=f"{kind}<br>{count / total:.0%}" if count > _LEAST_LABELLED * total else "",
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            # Plotly would take the faint rest for opaque, and write on it in the colour of the ground.
            insidetextfont={} if kind in shades else {"color": colours.ink},
            hovertemplate=f"{kind}: {count:,} parameters, {count / total:.1%}<extra></extra>",
        )
        for kind, count in by_kind.items()
    ]
    return draw(
        bars,
        canvas,
        barmode="stack",
        margin={"l": 14, "r": 18, "t": 6, "b": 26 * canvas.scale},
        xaxis={"range": [0, 1], "tickformat": ".0%", "tickvals": [0, 0.25, 0.5, 0.75, 1], "showgrid": False},
        yaxis={"visible": False},
    )
