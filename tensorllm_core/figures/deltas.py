"""Forest plot: by benchmark, the change in accuracy, with the interval of the paired difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from tensorllm_core.figures.axes import padded_with_zero, row_axis, zero_line
from tensorllm_core.figures.labels import NAME_LETTER, label_beside, margin_for
from tensorllm_core.figures.series import SeriesLook, legend, series_looks
from tensorllm_core.figures.shapes import lines_between_rows
from tensorllm_core.figures.theme import Canvas, draw
from tensorllm_core.figures.traces import interval
from tensorllm_core.numbers_text import signed_points

__all__ = ["Delta", "deltas"]

_SHARE = 0.7
"""Share of a benchmark's row in which its series stand."""


@dataclass(frozen=True)
class Delta:
    """The difference in accuracy of one series on one benchmark and its 95% interval, as shares of 1."""

    benchmark: str
    series: str
    delta: float
    low: float
    high: float


def deltas(
    rows: Sequence[Delta], canvas: Canvas, *, emphasised: str, looks: Mapping[str, SeriesLook] | None = None
) -> go.Figure:
    """A row for each benchmark, in it a mark for each series; at the right the numbers of the emphasised one.

    Args:
        emphasised: the series that stands out.
        looks: of each series; by default those that it has in every comparison.
    """
    scale = canvas.scale
    benchmarks = list(dict.fromkeys(row.benchmark for row in rows))
    names = list(dict.fromkeys(row.series for row in rows))
    looks = looks or series_looks(names, canvas.appearance, emphasised)
    traces = []
    for place, name in enumerate(names):
        # The marks of a benchmark's series stand below each other within its row.
        shift = _SHARE * ((place + 0.5) / len(names) - 0.5)
        own = [row for row in rows if row.series == name]
        heights = np.array([benchmarks.index(row.benchmark) + shift for row in own], dtype=np.float32)
        traces.append(_trace(own, heights, name, looks[name], scale))
    colour = looks[emphasised].colour if emphasised in names else canvas.look.ink
    left = margin_for(benchmarks, 16, NAME_LETTER, scale)
    listed = names if len(names) > 1 else []
    names_above = legend([(looks[name].symbol, looks[name].colour, name) for name in listed], left, scale)
    return draw(
        traces,
        canvas,
        margin={"l": left, "r": 50 * scale, "t": names_above.height, "b": 40 * scale},
        annotations=[
            names_above.annotation,
            *(
                label_beside(f"<b>{signed_points(row.delta)}</b>", float(benchmarks.index(row.benchmark)), colour)
                for row in rows
                if row.series == emphasised
            ),
        ],
        shapes=lines_between_rows(len(benchmarks), canvas.look),
        xaxis={
            "title": {"text": "change in accuracy, percentage points", "standoff": 6},
            "tickformat": "+~g",
            "nticks": 8,
            "range": padded_with_zero(
                (100 * limit for row in rows for limit in (row.low, row.high)), share=0.04, least=0.5
            ),
            **zero_line(canvas.look),
        },
        yaxis=row_axis(benchmarks, canvas),
    )


def _trace(own: Sequence[Delta], heights: np.ndarray, name: str, style: SeriesLook, scale: float) -> go.Scatter:
    points, low, high = (
        100 * np.array([getattr(row, field) for row in own], dtype=np.float32) for field in ("delta", "low", "high")
    )
    return go.Scatter(
        x=points,
        y=heights,
        customdata=np.column_stack([low, high]),
        text=[row.benchmark for row in own],
        name=name,
        mode="markers",
        marker=style.marker((5.5 + style.width) * scale),
        error_x=interval(points, low, high, style.colour, style.width * 0.8 * scale),
        hovertemplate=(
            f"{name}, %{{text}}<br>%{{x:+.1f}} points [%{{customdata[0]:+.1f}}, %{{customdata[1]:+.1f}}]<extra></extra>"
        ),
    )
