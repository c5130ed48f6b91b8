"""The canvases that the tests of the figures draw on."""

from __future__ import annotations

from dataclasses import replace

from tensorllm_core.figures.theme import Appearance, Canvas

LIGHT, DARK = (Canvas(appearance, height=300) for appearance in (Appearance.LIGHT, Appearance.DARK))
BOTH = (LIGHT, DARK)


def enlarged(canvas: Canvas) -> Canvas:
    """The same canvas with type for a projector."""
    return replace(canvas, scale=1.3)
