"""A layer's attention tensor as blocks: for each group one of d_model x d_head x part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from tensorllm_core.figures.theme import Canvas, draw, part_colour
from tensorllm_core.types import TensorShape

__all__ = ["tensor_drawing"]

_MOST_BLOCKS = 8
_TALL, _WIDE, _STEP = 3.0, 1.15, 0.34


def tensor_drawing(shape: TensorShape, parts: Sequence[str], unit: str, canvas: Canvas) -> go.Figure:
    """Blocks side by side, one per group (at most eight are drawn), their slices fanned out in the parts' colours."""
    colours = canvas.look
    count = min(shape.group, _MOST_BLOCKS)
    depth = len(parts) - 1
    step = _STEP * 3 / max(depth, 3)
    pitch = _WIDE + step * depth + 0.55
    slices: list[dict[str, Any]] = []
    texts: list[dict[str, Any]] = []
    for group in range(count):
        left = group * pitch
        for index in reversed(range(len(parts))):
            x, y = left + index * step, index * step
            fill = part_colour(parts[index], colours)
            slices.append({"x0": x, "x1": x + _WIDE, "y0": y, "y1": y + _TALL, "fillcolor": fill})
            if group == count - 1 and len(parts) <= 6:
                texts.append({"x": x + _WIDE + 0.12, "y": y + 0.22, "text": f"<b>{parts[index]}</b>"})
        texts.append({"x": left + _WIDE / 2, "y": -0.35, "text": f"{unit} {group}"})
    modes = (
        f"<b>mode 2</b>: d_head {shape.d_head}      <b>mode 3</b>: {shape.part} parts, {_named(parts)}"
        f"<br><b>mode 4</b>: {shape.group} {unit}s, never compressed"
    )
    texts.append({"x": -0.35, "y": _TALL / 2, "text": f"<b>mode 1</b>: d_model {shape.d_model:,}", "textangle": -90})
    texts.append({"x": 0, "y": -0.6, "text": modes, "xanchor": "left", "yanchor": "top", "align": "left"})
    if shape.group > count:
        texts.append({"x": count * pitch + 0.1, "y": _TALL / 2, "text": f"... and {shape.group - count} more"})
    right = count * pitch + (1.4 if shape.group > count else 0.2)
    outline = {"type": "rect", "line": {"color": colours.ground, "width": 1}, "opacity": 0.95}
    return draw(
        [],
        canvas,
        margin={"l": 4, "r": 4, "t": 4, "b": 4},
        shapes=[{**outline, **piece} for piece in slices],
        annotations=[{"showarrow": False, **text} for text in texts],
        xaxis={"visible": False, "range": [-0.6, right]},
        yaxis={"visible": False, "range": [-1.6, _TALL + step * depth + 0.15]},
    )


def _named(parts: Sequence[str]) -> str:
    """All parts, the query and output slices of a group as ranges."""
    if len(parts) == 4:
        return ", ".join(parts)
    return f"{parts[0]} to {parts[len(parts) // 2 - 2]}, K, V, {parts[len(parts) // 2 + 1]} to {parts[-1]}"
