"""Numbers and names as the screens write them."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["error_text", "layers_text", "least_text"]


def error_text(error: float, digits: int = 2) -> str:
    """A relative error with this many digits, or its power of ten if all these digits would be zero.

    >>> error_text(0.123), error_text(0.123, 4), error_text(0.0), error_text(7.2e-8)
    ('0.12', '0.1230', '0.00', '7e-08')
    """
    return f"{error:.{digits}f}" if error >= 0.5 * 10**-digits or error == 0 else f"{error:.0e}"


def least_text(lower: float, best: float) -> str:
    """In what range the least error of some ranks lies.

    >>> least_text(0.8391, 0.871), least_text(0.5939, 0.594)
    ('the least possible: between 0.839 and 0.871', 'the least possible: 0.594')
    """
    low, high = error_text(lower, 3), error_text(best, 3)
    return f"the least possible: {low if low == high else f'between {low} and {high}'}"


def layers_text(layers: Sequence[int]) -> str:
    """One layer by its number, several by how many they are.

    >>> layers_text([3]), layers_text([0, 1, 2, 3])
    ('layer 3', '4 layers')
    """
    return f"layer {layers[0]}" if len(layers) == 1 else f"{len(layers)} layers"
