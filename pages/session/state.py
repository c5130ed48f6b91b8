"""The only user of st.session_state: one scene per browser tab, kept in step with the URL.

The scene is the truth; widgets show it and hand their changes back through callbacks, so one value
may have two widgets (a slider and a number field) and every screen may show it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import streamlit as st

from pages.session.links import parse_scene, scene_parameters
from pages.session.scene import Scene
from tensorllm_core.types import Ranks

__all__ = [
    "change",
    "change_ranks",
    "current_scene",
    "keep",
    "kept",
    "notices_to_show",
    "notify",
    "seed",
    "settle",
    "take",
    "widget_value",
    "write_url",
]

_SCENE, _URL, _CHANGED = "scene", "scene url", "scene changed here"
_NOTICES, _SHOWN = "scene notices", "scene notices shown"


def current_scene() -> Scene:
    """This tab's scene; read from the URL on the first visit and when the person goes back or edits the address."""
    parameters = st.query_params.to_dict()
    changed_here = st.session_state.pop(_CHANGED, False)
    first_visit = _SCENE not in st.session_state
    moved = not changed_here and bool(parameters) and parameters != st.session_state.get(_URL)
    if first_visit or moved:
        scene, notices = parse_scene(parameters)
        st.session_state[_SCENE] = scene
        # A run that ends before it writes the URL has read this one all the same.
        st.session_state[_URL] = parameters
        st.session_state.pop(_SHOWN, None)
        notify(notices)
    return st.session_state[_SCENE]


def change(**values: Any) -> None:
    """Replace fields of the scene; for widget callbacks. What was said about the scene before is said no more."""
    st.session_state[_SCENE] = st.session_state[_SCENE].with_fields(**values)
    st.session_state[_CHANGED] = True
    st.session_state.pop(_SHOWN, None)


def change_ranks(ranks: Ranks | None) -> None:
    """Set the ranks, or None for the suggested ones; for widget callbacks."""
    r1, r2, r3 = ranks if ranks is not None else (None, None, None)
    change(r1=r1, r2=r2, r3=r3)


def settle(scene: Scene) -> Scene:
    """Put the scene as it can be met in place of the scene as it was asked for; returns it."""
    st.session_state[_SCENE] = scene
    return scene


def write_url() -> None:
    """Let the address bar restore the scene; once, at the end of every run of a screen."""
    if _SCENE not in st.session_state:
        return
    parameters = scene_parameters(st.session_state[_SCENE])
    st.session_state[_URL] = parameters
    if st.query_params.to_dict() != parameters:
        st.query_params.from_dict(parameters)


def seed(key: str, value: Any) -> str:
    """Make the widget of that key show the value in this run; returns the key."""
    st.session_state[key] = value
    return key


def widget_value(key: str) -> Any:
    """What the widget of that key holds now."""
    return st.session_state.get(key)


def take(key: str, field: str) -> None:
    """Callback: hand a widget's value to the scene; a widget that was emptied keeps the old value."""
    value = widget_value(key)
    if value is not None:
        change(**{field: value})


def notify(sentences: Iterable[str]) -> None:
    """Sentences to show at the top of the screen, until the scene changes."""
    waiting = st.session_state.setdefault(_NOTICES, [])
    waiting.extend(sentence for sentence in sentences if sentence not in waiting)


def notices_to_show() -> tuple[str, ...]:
    """The sentences that wait to be shown, and those that were shown since the scene last changed.

    A screen may be drawn anew at any moment, when background work ends; nobody could read what stood there only before.
    """
    waiting = st.session_state.pop(_NOTICES, [])
    shown = st.session_state.setdefault(_SHOWN, [])
    shown.extend(sentence for sentence in waiting if sentence not in shown)
    return tuple(shown)


def keep(key: str, value: Any) -> None:
    """Remember something for this tab that is neither a widget nor part of the scene."""
    st.session_state[key] = value


def kept(key: str) -> Any:
    """What `keep` remembered, or None."""
    return st.session_state.get(key)
