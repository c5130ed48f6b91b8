"""Which layers a text names, and whether a model has them."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from tensorllm_core.errors import LayerError, RequestError

__all__ = ["check_layer", "numbers_text", "parse_layers"]


def check_layer(layer: int, layers: int) -> None:
    """Accept a layer from 0 to layers - 1.

    Raises:
        LayerError: the model has no such layer.

    >>> check_layer(3, 4)
    """
    if not 0 <= layer < layers:
        raise LayerError(f"Expected a layer from 0 to {layers - 1}, got {layer}; choose one of them.")


def numbers_text(numbers: Sequence[int]) -> str:
    """Numbers in order, with runs of them as ranges.

    >>> numbers_text([0, 1, 2, 5, 7, 8])
    '0-2, 5, 7, 8'
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs)


def parse_layers(text: str, layers: int, chosen: Collection[int] | None = None) -> tuple[int, ...]:
    """The layers that a text names, each once and in order: `L`, `L1,L2`, `L1-L2`, a mixture of these, or `all`.

    Where `chosen` is given, a range and `all` stand for those of their layers that are in it.

    Raises:
        RequestError: the text does not name layers in one of these ways.
        LayerError: the model has no such layer, or a range has none that is in `chosen`.

    >>> parse_layers("3,0-1", 4)
    (0, 1, 3)
    """
    wanted = set(range(layers) if chosen is None else chosen)
    if text.strip() == "all":
        return tuple(sorted(wanted))
    numbers: set[int] = set()
    for part in text.split(","):
        match = re.fullmatch(r"\s*(-?\d{1,6})\s*(?:-\s*(\d{1,6})\s*)?", part, re.ASCII)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if last < first:
            raise RequestError(f"Expected layers as L, L1,L2, L1-L2 or all, got `{text}`; give one such as 0-2.")
        check_layer(first, layers)
        check_layer(last, layers)
        named = {first} if first == last else wanted & set(range(first, last + 1))
        if not named:
            raise LayerError(
                f"Expected layers among {numbers_text(sorted(wanted))}, got `{part.strip()}`; choose some of them."
            )
        numbers |= named
    return tuple(sorted(numbers))
