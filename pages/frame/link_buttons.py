"""Two buttons that need no server: copy the link of a screen, and record the screen as a scene of one's own list."""

from __future__ import annotations

from pages.frame.own_component import BUTTON_STYLE, own_component

__all__ = ["copy_button", "link_buttons"]

_HTML = (
    "<button type='button' data-part='copy' title='Copy a link to this screen with all its settings'></button>\n"
    "<button type='button' data-part='record' title='Record this screen as a scene of your own list, on Show'></button>"
)
_BUTTONS = own_component(__file__, "link_buttons", html=_HTML, style=BUTTON_STYLE)


def link_buttons() -> None:
    """Copy the address, which holds the whole scene; and record it."""
    _BUTTONS(key="copy link", data={"records": True}, width="content")


def copy_button() -> None:
    """Copy the address alone, on a screen that is no scene."""
    _BUTTONS(key="copy link", data={"records": False}, width="content")
