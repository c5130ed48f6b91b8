"""The visitor's own scene list between their browser, which keeps it, and this tab, which shows and changes it.

Nobody else sees it: the server has it only while the tab is open.
"""

from __future__ import annotations

import streamlit as st

from pages.frame.own_component import own_component
from pages.session import state
from pages.session.scene_list import LARGEST_FILE, write_scene_list
from pages.session.shows import own_show, take_own_show
from tensorllm_core.errors import RequestError

__all__ = ["sync_own_show"]

_STORE = own_component(__file__, "own_list", html="<span></span>")
_KEY = "own list"
_MOST_CHANGES = 2**53


def sync_own_show() -> None:
    """Take over what the browser holds, if that is newer, or give it what this tab has changed."""
    own = own_show()
    _STORE(
        data={"change": own.change, "text": write_scene_list(own.scenes)},
        key=_KEY,
        on_stored_change=lambda: state.hold(_KEY, "stored"),
    )
    match state.told(_KEY, "stored"):
        case {"change": int(change), "text": str(text)} if own.change < change < _MOST_CHANGES:
            try:
                take_own_show(text[: LARGEST_FILE + 1], change)
            except RequestError as error:
                state.notify([f"Your own list could not be read from the browser. {error}"])
            # What stands above was drawn without it.
            st.rerun()
