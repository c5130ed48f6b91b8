"""Where a model's parameters sit: one bar, split by kind."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go

from tensorllm_core.figures.theme import Appearance, look, style

__all__ = ["parameter_shares"]


def parameter_shares(
    by_kind: Mapping[str, int], appearance: Appearance, *, height: int = 120, scale: float = 1.0
) -> go.Figure:
    """One horizontal bar; the attention's share stands out."""
    colours = look(appearance)
    total = sum(by_kind.values())
    figure = go.Figure()
    shades = {"attention": colours.modes[0], "feed-forward": colours.muted}
    for kind, count in by_kind.items():
        share = count / total
        figure.add_trace(
            go.Bar(
                x=[share],
                y=[""],
                name=kind,
                orientation="h",
                marker={"color": shades.get(kind, colours.grid), "line": {"color": colours.ground, "width": 2}},
                text=f"{kind}<br>{share:.0%}" if share > 0.06 else "",
                textposition="inside",
                insidetextanchor="middle",
                textangle=0,
                hovertemplate=f"{kind}: {count:,} parameters, {share:.1%}<extra></extra>",
            )
        )
    style(
        figure, colours, height=height, scale=scale, barmode="stack", margin={"l": 4, "r": 4, "t": 6, "b": 26 * scale}
    )
    figure.update_xaxes(range=[0, 1], tickformat=".0%", showgrid=False)
    figure.update_yaxes(visible=False)
    return figure
