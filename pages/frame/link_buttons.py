"""Two buttons that need no server: copy the link of a screen, and record the screen as a scene of one's own list."""

from __future__ import annotations

import streamlit as st

from tensorllm_core.storage.own_text import text_beside

__all__ = ["copy_button", "link_buttons"]

_BUTTONS = st.components.v2.component(
    "link_buttons",
    html=(
        "<button type='button' data-part='copy' title='Copy a link to this screen with all its settings'></button>\n"
        "<button type='button' data-part='record' title='Record this screen as a scene of your own list, on Show'>"
        "</button>"
    ),
    css=text_beside(__file__, "link_buttons.css"),
    js=text_beside(__file__, "link_buttons.js"),
)


def link_buttons() -> None:
    """Copy the address, which holds the whole scene; and record it."""
    _BUTTONS(key="copy link", data={"records": True}, width="content")


def copy_button() -> None:
    """Copy the address alone, on a screen that is no scene."""
    _BUTTONS(key="copy link", data={"records": False}, width="content")
