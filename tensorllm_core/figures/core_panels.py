"""Slices of cores beside each other in one plot, all on one colour scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

__all__ = ["PanelGrid"]


@dataclass(frozen=True)
class PanelGrid:
    """Rows and columns of panels of one size; the plot's axes count the cells of the panels and of the gaps.

    `tall` and `wide` are the cells of a panel, `gap_y` and `gap_x` those between two panels.
    """

    rows: int
    columns: int
    tall: int
    wide: int
    gap_y: float
    gap_x: float

    def panel(
        self, matrix: Float[np.ndarray, "r1 r2"], row: int, column: int, hover: str, colours: dict[str, Any]
    ) -> go.Heatmap:
        """The heat map of one panel; the first one has the colour bar.

        Args:
            hover: what the panel is, before the value.
            colours: plotly's settings of the colour scale and its bar.
        """
        left, top = self.corner(row, column)
        return go.Heatmap(
            x0=left,
            dx=1,
            y0=top,
            dy=1,
            z=matrix,
            showscale=row == column == 0,
            hovertemplate=f"{hover}: %{{z:.4f}}<extra></extra>",
            **colours,
        )

    def corner(self, row: int, column: int) -> tuple[float, float]:
        """Middle of a panel's first cell, at the top left."""
        return column * (self.wide + self.gap_x), row * (self.tall + self.gap_y)

    def name(self, text: str, row: int, column: int, **place: Any) -> dict[str, Any]:
        """An annotation above the middle of a panel; `place` as plotly's, where it differs."""
        left, top = self.corner(row, column)
        where = {"x": left + (self.wide - 1) / 2, "y": top - 0.5, "yanchor": "bottom"}
        return {**where, "text": text, "showarrow": False, **place}

    def axes(self) -> dict[str, Any]:
        """Both axes, hidden, the first row on top."""
        right, foot = self.corner(self.rows, self.columns)
        return {
            "xaxis": {"visible": False, "range": [-0.5, right - self.gap_x - 0.5]},
            "yaxis": {"visible": False, "range": [foot - self.gap_y - 0.5, -0.5]},
        }
