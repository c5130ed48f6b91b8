"""The guided tour: five steps on the real screens. A click on a word of its sentences sets the screen to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pages.frame.navigation import PAGES
from pages.frame.own_component import own_component
from pages.frame.tour_steps import STEPS, tour_parameters
from pages.session import state
from pages.session.links import parse_fields, scene_parameters
from pages.session.scene import Scene

__all__ = ["tour"]

_KEY = "tour"
_TOUR = own_component(__file__, "tour")


def tour(name: str) -> tuple[str, Mapping[str, str]] | None:
    """Draw the step of the tour that the scene names, if it names one. Returns the screen that is to be opened.

    Args:
        name: of the screen on which it is drawn.
    """
    scene = state.current_scene()
    number = min(scene.playing.tour, len(STEPS))
    if not number or scene.present:
        return None
    step = STEPS[number - 1]
    if step.page != name:
        # Whoever goes to another screen looks around: the tour waits there for the way back.
        words: list[dict[str, Any]] = [{"text": f"The tour goes on at {PAGES[step.page].title}."}]
    else:
        words = step.pieces
    _TOUR(
        data={"number": number, "count": len(STEPS), "title": step.title, "pieces": words, "isHere": step.page == name},
        key=_KEY,
        on_go_change=lambda: state.hold(_KEY, "go"),
        on_control_change=_take_control,
    )
    go = state.told(_KEY, "go")
    if type(go) is not int:
        return None
    if 1 <= go <= len(STEPS):
        return STEPS[go - 1].page, tour_parameters(go)
    return name, scene_parameters(scene.with_fields(tour=0))


def _take_control() -> None:
    """Callback: set the screen to what a word of the sentences names."""
    chosen = getattr(state.widget_value(_KEY), "control", None)
    controls = STEPS[min(max(state.current_scene().playing.tour, 1), len(STEPS)) - 1].controls
    if type(chosen) is int and 0 <= chosen < len(controls):
        state.change(**_fields(controls[chosen]))


def _fields(parameters: Mapping[str, str]) -> dict[str, Any]:
    fields = parse_fields(parameters)[0]
    return fields | ({"by": Scene().ranks.by, "tied": False} if "r1" in fields else {})
