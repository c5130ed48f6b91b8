"""One projection of one head before and after the truncation, and what was taken away."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float
from plotly.subplots import make_subplots

from tensorllm_core.figures.cells import pool
from tensorllm_core.figures.theme import Appearance, look, style

__all__ = ["weights_before_after"]


def weights_before_after(
    before: Float[np.ndarray, "d_model d_head"],
    after: Float[np.ndarray, "d_model d_head"],
    appearance: Appearance,
    *,
    height: int = 300,
    scale: float = 1.0,
) -> go.Figure:
    """Three heat maps on one colour scale, the head width down and d_model across."""
    colours = look(appearance)
    limit = float(np.quantile(np.abs(before), 0.995)) or 1.0
    panels = {"before": before, "after": after, "residual, before - after": before - after}
    figure = make_subplots(
        rows=1, cols=3, shared_yaxes=True, subplot_titles=[f"<b>{name}</b>" for name in panels], horizontal_spacing=0.03
    )
    for column, matrix in enumerate(panels.values(), start=1):
        figure.add_trace(
            go.Heatmap(
                z=pool(matrix.T),
                zmin=-limit,
                zmax=limit,
                dx=max(1.0, matrix.shape[0] / 256),
                dy=max(1.0, matrix.shape[1] / 256),
                x0=0,
                y0=0,
                colorscale=colours.signed_scale,
                showscale=column == 3,
                colorbar={"thickness": 10, "outlinewidth": 0, "tickformat": ".2g"},
                hovertemplate="d_model %{x:.0f}, d_head %{y:.0f}: %{z:.4f}<extra></extra>",
            ),
            row=1,
            col=column,
        )
    style(figure, colours, height=height, scale=scale)
    figure.update_xaxes(title="d_model", showgrid=False)
    figure.update_yaxes(showgrid=False)
    figure.update_yaxes(title="d_head", row=1, col=1)
    return figure
