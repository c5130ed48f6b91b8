"""Live figures on any screen: data are sent to the browser once, a scene is shown, and what a hand releases comes back.

Three components share the work. One brings the scripts, one the bytes of some data; both stand outside of the fragment
that follows the hand. The third shows a scene: some small JSON, sent whenever the scene changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import streamlit as st

from pages.frame.frame import appearance
from pages.frame.stage import live_type_scale
from pages.instrument.bundle import all_scripts, store_script, style, view_script
from pages.instrument.sent import Sent
from pages.session import state
from pages.session.links import parse_fields
from tensorllm_core.figures.theme import Look, look

__all__ = ["Fields", "look_of", "read_fields", "send", "show_scene"]

_RELEASED = "released"
_SENT = "sent to the browser"
_SCRIPTS = "scripts"
_MISSING = "missing"

Fields = dict[str, Any]
"""Values of the scene by the names of its fields."""

_scripts = st.components.v2.component("live_scripts", html="<i hidden></i>", js=all_scripts())
_store = st.components.v2.component("live_store", html="<i hidden></i>", js=store_script())
_view = st.components.v2.component(
    "live_figures",
    html=(
        "<div class='root'><p class='waiting'>The live figures are on their way. If they do not come, the browser "
        "blocks the app's scripts: choose <b>Plain figures</b> under the device button.</p></div>"
    ),
    css=style(),
    js=view_script(),
)


def send(screen: str, key: str, blob: Callable[[], bytes]) -> None:
    """Bring data to the browser, unless they are there. Call it outside of the fragment that follows the hand.

    Args:
        key: the name of the data, which their header holds too.
    """
    sent = _sent().on(screen)
    with st.container(key="live-data"):
        if sent.needs(_SCRIPTS):
            _scripts(key="live scripts", width="content", height="content")
            sent = sent.after(_SCRIPTS, 0)
        if sent.needs(key):
            data = blob()
            _store(key="live store", data=data, width="content", height="content")
            sent = sent.after(key, len(data))
    state.keep(_SENT, sent)


def show_scene(
    kind: str,
    key: str,
    message: Mapping[str, Any],
    read: Callable[[Mapping[str, Any]], Fields],
    everywhere: frozenset[str] = frozenset(),
) -> None:
    """Draw a scene; what a visitor releases changes the app's scene, and the fragment runs again.

    Notices stand outside of the fragment: where others hold now, the whole page runs.

    Args:
        kind: the name of the board in the scripts.
        key: the name of the data.
        message: what the board needs to know of the scene.
        read: the fields of the scene in a release, which is untrusted.
        everywhere: fields that other parts of the page show; after a change of one the whole page runs.
    """
    changed = state.kept(f"{_RELEASED} {kind}")
    state.keep(f"{_RELEASED} {kind}", None)
    if changed is not None and (changed & (everywhere | {_MISSING}) or state.has_other_notices()):
        st.rerun()
    common = {
        "kind": kind,
        "key": key,
        "echo": state.kept(f"echo {kind}") or 0,
        "look": look_of(look(appearance())),
        "scale": live_type_scale(),
        "isPresented": state.current_scene().present,
    }
    _view(key=f"live {kind}", data={**common, **message}, on_released_change=partial(_take, kind, read))


def _take(kind: str, read: Callable[[Mapping[str, Any]], Fields]) -> None:
    """Callback: put what the visitor released into the scene. It comes from the browser, so it is untrusted."""
    released = getattr(state.widget_value(f"live {kind}"), _RELEASED, None)
    if not isinstance(released, Mapping):
        return
    if isinstance(missing := released.get(_MISSING), str):
        state.keep(_SENT, _sent().without(missing))
        state.keep(f"{_RELEASED} {kind}", {_MISSING})
        return
    values, scene = read(released), state.current_scene()
    changed = {name for name, value in values.items() if scene.value(name) != value}
    state.change(**values)
    echo = released.get("echo")
    state.keep(f"echo {kind}", echo if isinstance(echo, int) else 0)
    state.keep(f"{_RELEASED} {kind}", changed)


def read_fields(texts: Mapping[str, object]) -> Fields:
    """The fields of the scene that can be read, by the names of their parameters; the others are left out.

    >>> read_fields({"group": 3, "tied": True, "view": None, "ratio": "<b>"})
    {'group': 3, 'tied': True}
    """
    flat = {name: int(value) if isinstance(value, bool) else value for name, value in texts.items()}
    return parse_fields({name: f"{value}" for name, value in flat.items() if isinstance(value, str | int | float)})[0]


def _sent() -> Sent:
    return state.kept(_SENT) or Sent()


def look_of(colours: Look) -> dict[str, Any]:
    """The colours that the live figures draw with, as JSON."""
    return {
        "ink": colours.ink,
        "muted": colours.muted,
        "grid": colours.grid,
        "ground": colours.ground,
        "warning": colours.warning,
        "modes": list(colours.modes),
        "parts": colours.parts,
        "errorScale": [list(step) for step in colours.error_scale],
        "signedScale": [list(step) for step in colours.signed_scale],
    }
