"""What one does with a scene list: play it, rehearse it, open the speaker's window; and how ready it is."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from pages.frame.navigation import DECOMPOSE, PAGES, SPEAKER
from pages.frame.own_component import BUTTON_STYLE, own_component
from pages.frame.player import REHEARSED
from pages.session import state
from pages.session.scene_list import SceneList
from pages.work.plain_text import inert_name
from pages.work.prepared_scenes import prepare_scenes

__all__ = ["LONGEST_WAIT", "play_buttons", "readiness", "rehearsal_result"]

LONGEST_WAIT = 300
"""Milliseconds that a scene may take on a stage."""
_BETWEEN_LOOKS = 1.0
_SPEAKER_BUTTON = (
    "<button type='button' title='Notes, a clock and the next scene, in a second window'>Speaker window</button>"
)
_SPEAKER_LINK = own_component(__file__, "speaker_link", html=_SPEAKER_BUTTON, style=BUTTON_STYLE)


def play_buttons(name: str) -> None:
    """Play and rehearse the list of this name, which needs no reload of the page; and open the speaker's window."""
    _link("Play", "play_arrow", {"show": name})
    _SPEAKER_LINK(data={"path": SPEAKER}, key="speaker link", width="content")
    _link("Rehearse", "timer", {"show": name, "rehearse": "1"})


def _link(label: str, icon: str, parameters: Mapping[str, str]) -> None:
    st.page_link(PAGES[DECOMPOSE].file, label=label, icon=f":material/{icon}:", query_params=dict(parameters))


def readiness(scenes: SceneList) -> None:
    """How many scenes are computed ahead; looked at again until all are."""
    ready = prepare_scenes(scenes, 1)
    is_all = ready == len(scenes.scenes)

    def follow() -> None:
        now = prepare_scenes(scenes, 1)
        count = len(scenes.scenes)
        st.caption(f"{now} of {count} scenes are computed ahead; the rest is on its way, while you do nothing.")
        if now == len(scenes.scenes):
            st.rerun()

    if is_all:
        st.caption("All scenes are computed ahead.")
    else:
        st.fragment(follow, run_every=_BETWEEN_LOOKS)()


def rehearsal_result(name: str, scenes: SceneList) -> None:
    """What the last rehearsal of this list in this tab has measured."""
    rehearsed, times = state.kept(REHEARSED) or ("", ())
    if rehearsed != name or len(times) != len(scenes.scenes):
        return
    slow = [number for number, time in enumerate(times, 1) if time > LONGEST_WAIT]
    if not slow:
        st.success(f"Rehearsed: every scene stood within {max(times):.0f} ms.", icon=":material/check:")
        return
    named = "; ".join(f"{n}, {inert_name(scenes.scenes[n - 1].title)}: {times[n - 1]:,.0f} ms" for n in slow)
    st.warning(f"Rehearsed: these scenes took more than {LONGEST_WAIT} ms. {named}", icon=":material/timer:")
