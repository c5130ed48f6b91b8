"""How each compression method looks: one colour, dash and symbol, the same in every figure, on light and dark.

Relatives share a range of hues: TensorLLM has warm ones, and the orange of whatever is chosen, single-matrix SVDs blue,
stacks of whole matrices teal; the control is grey and dotted. Neighbours differ in lightness, dash and symbol too, so
that they stay apart for colour-blind eyes.
"""

from __future__ import annotations

from tensorllm_core.figures.series import SeriesLook
from tensorllm_core.figures.theme import Appearance, look

__all__ = ["method_look"]

# The name: colour on light, colour on dark, dash, symbol.
_LOOKS = {
    "tensorllm": ("#d55e00", "#f28a3c", "solid", "circle"),
    "tensorllm-refined": ("#8a3d00", "#ffc59a", "dash", "circle-open"),
    "tensorllm-aligned": ("#a3195b", "#ef7fb3", "solid", "diamond"),
    "tensorllm-aligned-vo": ("#d4688f", "#f7b3cf", "dash", "diamond"),
    "separate": ("#117733", "#5cc27d", "solid", "triangle-up"),
    "laser-attention": ("#332288", "#a596ff", "solid", "square"),
    "laser": ("#3f86c6", "#7cc0f7", "dash", "square"),
    "trawl": ("#007a7a", "#43cfc4", "solid", "cross"),
    "trawl-tucker": ("#3aa6a0", "#9fe8e0", "dash", "cross"),
    "trawl-attention": ("#005060", "#2aa3b5", "dashdot", "cross"),
    "hybrid": ("#85780c", "#d9cb57", "dashdot", "circle"),
    "random-subspace": ("#656d76", "#9aa4af", "dot", "x-thin"),
}


def method_look(name: str, appearance: Appearance, strong: bool = False) -> SeriesLook:
    """The look of the method of that name; one without a look of its own is drawn in the muted ink.

    >>> method_look("tensorllm", Appearance.LIGHT).colour
    '#d55e00'
    """
    width = 3.0 if strong else 1.6
    if name not in _LOOKS:
        return SeriesLook(look(appearance).muted, "longdash", "circle-open", width)
    light, dark, dash, symbol = _LOOKS[name]
    return SeriesLook(light if appearance is Appearance.LIGHT else dark, dash, symbol, width)
