"""The look of a compression method, in the form in which figures draw it; it is the same in every figure.

The colours, the dash and the symbol stand at the method (tensorllm_core/methods); figures get them with their data.
"""

from __future__ import annotations

from tensorllm_core.figures.series import SeriesLook
from tensorllm_core.figures.theme import Appearance
from tensorllm_core.types import MethodLook

__all__ = ["method_look"]


def method_look(look: MethodLook, appearance: Appearance, strong: bool = False) -> SeriesLook:
    """The look on that ground; a strong one has wider lines and larger marks.

    >>> method_look(MethodLook("#d55e00", "#f28a3c", "solid", "circle"), Appearance.LIGHT).colour
    '#d55e00'
    """
    colour = look.on_light if appearance is Appearance.LIGHT else look.on_dark
    return SeriesLook(colour, look.dash, look.symbol, 3.0 if strong else 1.6)
