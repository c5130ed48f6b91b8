"""The live figure of the rank scan: what it is told, and the focus that a hand moves along the scanned ranks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import streamlit as st

from pages.frame.frame import guarded
from pages.instrument.live import Fields, read_fields, send, show_scene
from pages.session import state
from tensorllm_core.exports.blob import pack
from tensorllm_core.figures.rank_scan import ScanPoint
from tensorllm_core.numbers_text import share_text

__all__ = ["best_of", "live_scan"]

Offer = Callable[[int], None]
"""Offers to use a point, by its number."""


def live_scan(
    key: str, points: Sequence[ScanPoint], baseline: ScanPoint, best: str, current: float, offer: Offer
) -> None:
    """Draw these points, with the offer to use the one in focus.

    Args:
        key: the name of these answers.
        best: the sentence on the best point.
        current: compression ratio of the edit that is set.
    """
    order = sorted(range(len(points)), key=lambda number: points[number].ratio)
    header = {
        "ratios": [_short(points[number].ratio) for number in order],
        "points": [asdict(points[number]) | {"words": _words(points[number])} for number in order],
        "baseline": asdict(baseline) | {"words": [baseline.ranks, share_text(baseline.accuracy, 1)]},
        "best": best,
    }
    send("reasoning", key, lambda: pack(key, header, {}))
    _follow(key, points, current, offer)


def best_of(points: Sequence[ScanPoint]) -> int:
    """The number of the best point: of the same accuracy, the one that stores least."""
    return max(range(len(points)), key=lambda number: (points[number].accuracy, points[number].ratio))


@st.fragment
@guarded
def _follow(key: str, points: Sequence[ScanPoint], current: float, offer: Offer) -> None:
    chosen = state.current_scene().reasoning.scan_ratio
    number = min(range(len(points)), key=lambda each: abs(points[each].ratio - chosen)) if chosen else best_of(points)
    show_scene("scan", key, {"ratio": _short(points[number].ratio), "now": current}, _fields)
    offer(number)


def _fields(released: Mapping[str, Any]) -> Fields:
    return read_fields({"scan_ratio": released.get("scan_ratio")})


def _short(ratio: float) -> float:
    """A ratio with the digits that tell the points of a scan apart."""
    return float(f"{ratio:.3g}")


def _words(point: ScanPoint) -> str:
    accuracy = f"accuracy {share_text(point.accuracy, 1)} [{share_text(point.low, 1)}, {share_text(point.high, 1)}]"
    return f"{point.ranks}, {point.ratio:.3g} times smaller: {accuracy}, loss {point.loss:.3f} nats"
