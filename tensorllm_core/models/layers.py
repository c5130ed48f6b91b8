"""Which layers a text names, and whether a model has them."""

from __future__ import annotations

import re

from tensorllm_core.errors import LayerError, RequestError

__all__ = ["check_layer", "parse_layers"]


def check_layer(layer: int, layers: int) -> None:
    """Accept a layer from 0 to layers - 1.

    Raises:
        LayerError: the model has no such layer.

    >>> check_layer(3, 4)
    """
    if not 0 <= layer < layers:
        raise LayerError(f"Expected a layer from 0 to {layers - 1}, got {layer}; choose one of them.")


def parse_layers(text: str, layers: int) -> tuple[int, ...]:
    """The layers that a text names, each once and in order: `L`, `L1,L2`, `L1-L2`, a mixture of these, or `all`.

    Raises:
        RequestError: the text does not name layers in one of these ways.
        LayerError: the model has no such layer.

    >>> parse_layers("3,0-1", 4)
    (0, 1, 3)
    """
    if text.strip() == "all":
        return tuple(range(layers))
    numbers: set[int] = set()
    for part in text.split(","):
        match = re.fullmatch(r"\s*(-?\d{1,6})\s*(?:-\s*(\d{1,6})\s*)?", part, re.ASCII)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if last < first:
            raise RequestError(f"Expected layers as L, L1,L2, L1-L2 or all, got `{text}`; give one such as 0-2.")
        check_layer(first, layers)
        check_layer(last, layers)
        numbers.update(range(first, last + 1))
    return tuple(sorted(numbers))
