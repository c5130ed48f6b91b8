"""Name several layers in a text."""

from __future__ import annotations

import re

from tensorllm_core.errors import RequestError
from tensorllm_core.models.locate import check_layer

__all__ = ["parse_layers"]


def parse_layers(text: str, layers: int) -> tuple[int, ...]:
    """The layers that `L`, `L1,L2`, `L1-L2`, a mixture, or `all` names, in order, each once.

    Raises:
        RequestError: the text names none.
        LayerError: the model has no such layer.

    >>> parse_layers("3,0-1", 4)
    (0, 1, 3)
    """
    if text.strip() == "all":
        return tuple(range(layers))
    found: set[int] = set()
    for part in text.split(","):
        match = re.fullmatch(r"\s*(-?\d{1,6})\s*(?:-\s*(\d{1,6})\s*)?", part, re.ASCII)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if last < first:
            raise RequestError(f"Expected layers as L, L1,L2, L1-L2 or all, got `{text}`; give one such as 0-2.")
        check_layer(first, layers)
        check_layer(last, layers)
        found.update(range(first, last + 1))
    return tuple(sorted(found))
