"""The only user of st.session_state: one scene per browser tab, kept in step with the URL.

Widgets only show the scene, and their callbacks change it. So one value may have two widgets (a slider and a number
field), and every screen may show it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import streamlit as st

from pages.session.links import parse_scene, scene_parameters
from pages.session.scene import Scene
from tensorllm_core.types import Ranks

__all__ = [
    "bound",
    "change",
    "change_ranks",
    "current_scene",
    "has_other_notices",
    "hold",
    "keep",
    "kept",
    "notices_to_show",
    "notify",
    "refuse",
    "scene_left",
    "seed",
    "settle",
    "take",
    "told",
    "widget_value",
    "write_url",
]

_SCENE, _URL, _CHANGED = "scene", "scene url", "scene changed here"
_NOTICES, _SHOWN, _DRAWN = "scene notices", "scene notices shown", "scene notices drawn"


def current_scene() -> Scene:
    """The scene of this tab. It is read from the URL on the first visit, and when the visitor goes back or edits it."""
    parameters = st.query_params.to_dict()
    changed_here = st.session_state.pop(_CHANGED, False)
    first_visit = _SCENE not in st.session_state
    moved = not changed_here and parameters != st.session_state.get(_URL)
    if first_visit or moved:
        scene, notices = parse_scene(parameters)
        st.session_state[_SCENE] = scene
        # Noted at once: the run may end before it writes the URL.
        st.session_state[_URL] = parameters
        st.session_state.pop(_SHOWN, None)
        notify(notices)
    return st.session_state[_SCENE]


def change(**values: Any) -> None:
    """Replace fields of the scene, or none; for callbacks of widgets. Notices about the scene before are dropped."""
    if values.get("present") is False:
        # Whoever leaves the presentation leaves the list that is played, too.
        values |= {"show": "", "at": 0, "rehearse": False}
    st.session_state[_SCENE] = st.session_state[_SCENE].with_fields(**values)
    st.session_state[_CHANGED] = True
    st.session_state.pop(_SHOWN, None)


def change_ranks(ranks: Ranks | None) -> None:
    """Set the ranks, or None for the suggested ones; for callbacks of widgets."""
    r1, r2, r3 = ranks if ranks is not None else (None, None, None)
    change(r1=r1, r2=r2, r3=r3)


def settle(scene: Scene) -> Scene:
    """Replace the scene that a link asks for by one that is possible, in the middle of a run; returns it."""
    st.session_state[_SCENE] = scene
    return scene


def write_url() -> None:
    """Write the scene to the address bar; once, at the end of every run of a screen."""
    if _SCENE not in st.session_state:
        return
    parameters = scene_parameters(st.session_state[_SCENE])
    st.session_state[_URL] = parameters
    if st.query_params.to_dict() != parameters:
        st.query_params.from_dict(parameters)


def scene_left() -> dict[str, str]:
    """The parameters of the scene that this tab showed last, for who comes back from a page without one."""
    return scene_parameters(st.session_state[_SCENE]) if _SCENE in st.session_state else {}


def seed(key: str, value: Any) -> str:
    """Make the widget of this key show the value in this run; returns the key."""
    st.session_state[key] = value
    return key


def bound(field: str, value: Any, key: str = "") -> dict[str, Any]:
    """Arguments of a widget that shows this value of a field of the scene, and changes the field.

    Args:
        key: the key of the widget, where one widget for each field is not enough.
    """
    key = key or f"{field} widget"
    return {"key": seed(key, value), "on_change": take, "args": (key, field)}


def widget_value(key: str) -> Any:
    """The value that the widget of this key holds now."""
    return st.session_state.get(key)


def take(key: str, field: str) -> None:
    """Callback of a widget: put its value into a field of the scene. An emptied widget leaves the field as it is."""
    value = widget_value(key)
    change(**({} if value is None else {field: value}))


def refuse(sentence: str) -> None:
    """Callback of a widget whose value cannot be used: say so, in place of all that was said before."""
    change()
    notify([sentence])


def notify(sentences: Iterable[str]) -> None:
    """Add sentences that the top of the screen shows until the scene changes."""
    waiting = st.session_state.setdefault(_NOTICES, [])
    waiting.extend(sentence for sentence in sentences if sentence not in waiting)


def notices_to_show() -> tuple[str, ...]:
    """The sentences that wait to be shown, and those that were shown since the scene last changed.

    A screen may be drawn anew at any moment, when background work ends. A sentence shown only once could not be read.
    """
    waiting = st.session_state.pop(_NOTICES, [])
    shown = st.session_state.setdefault(_SHOWN, [])
    shown.extend(sentence for sentence in waiting if sentence not in shown)
    st.session_state[_DRAWN] = tuple(shown)
    return tuple(shown)


def has_other_notices() -> bool:
    """Whether the screen shows notices that no longer hold, or not yet all that do."""
    shown = tuple(st.session_state.get(_SHOWN, ()))
    return bool(st.session_state.get(_NOTICES)) or shown != st.session_state.get(_DRAWN, ())


def hold(key: str, name: str) -> None:
    """Callback of a component: hold what it tells until `told` takes it.

    A callback always runs. The run after it may be stopped for another one, which would know nothing of it any more.
    """
    st.session_state[f"{key} tells {name}"] = st.session_state[key].get(name)


def told(key: str, name: str) -> Any:
    """What `hold` holds, once; None if that is nothing."""
    return st.session_state.pop(f"{key} tells {name}", None)


def keep(key: str, value: Any) -> None:
    """Keep a value for this tab that is neither that of a widget nor part of the scene."""
    st.session_state[key] = value


def kept(key: str) -> Any:
    """The value that `keep` stored under this key, or None."""
    return st.session_state.get(key)
