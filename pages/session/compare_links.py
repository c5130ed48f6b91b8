"""What a link says of a comparison of methods: one reader for each of the scene's fields about it.

What knows the methods is imported late: it is large, and most links do not speak of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from pages.session.scene import Scene
from tensorllm_core.errors import RankError, RequestError

__all__ = ["COMPARE_READERS", "budgets_text"]

_ORIGINAL = "original"
"""The unedited model, as evaluations call it."""


def _read_methods(_name: str, text: str) -> str:
    from tensorllm_core.methods.registry import METHODS

    names = tuple(dict.fromkeys(name for name in text.split(",") if name))
    if unknown := [name for name in names if name not in METHODS]:
        raise RequestError(
            f"Expected `methods` of {', '.join(METHODS)}, got `{unknown[0]}`; comparing those that are suggested."
        )
    return ",".join(names)


def _read_budget(_name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 1 < value <= 1e6:
        raise RequestError(f"Expected `budget` as a ratio above 1, got `{text}`; showing {Scene.budget:g}.")
    return value


def _read_budgets(_name: str, text: str) -> str:
    from tensorllm_core.experiments.comparison import check_ratios

    try:
        found = check_ratios([float(part) for part in text.split(",") if part])
        if found[-1] > 1e6:
            raise ValueError
    except (ValueError, RankError):
        raise RequestError(
            f"Expected `budgets` as ratios above 1 such as {Scene.budgets}, got `{text}`; asking at {Scene.budgets}."
        ) from None
    return budgets_text(found)


def budgets_text(ratios: tuple[float, ...]) -> str:
    """Budgets as a link has them.

    >>> budgets_text((4.0, 65536 / 30000))
    '4,2.1845333333333334'
    """
    return ",".join(f"{int(ratio)}" if ratio == int(ratio) else f"{ratio!r}" for ratio in ratios)


def _read_subject(name: str, text: str) -> str:
    from tensorllm_core.methods.registry import METHODS

    if text not in {*METHODS, _ORIGINAL, ""}:
        raise RequestError(
            f"Expected `{name}` to be a method or `{_ORIGINAL}`, got `{text}`; testing the two best instead."
        )
    return text


COMPARE_READERS: Mapping[str, Callable[[str, str], object]] = {
    "methods": _read_methods,
    "budget": _read_budget,
    "budgets": _read_budgets,
    "first": _read_subject,
    "second": _read_subject,
}
