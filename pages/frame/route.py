"""From the address to a screen: the page that is asked for, its title, and the row of screens above it.

This module imports nothing large: the front door stands before the libraries are loaded.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.frame import loading
from pages.frame.glossary import explain_words
from pages.frame.lost_connection import lost_connection_style
from pages.frame.navigation import APP, DECOMPOSE, PAGES, START
from pages.frame.screen_row import screen_row
from tensorllm_core.storage.own_text import text_beside

__all__ = ["route"]


def route() -> Any:
    """Declare the screens, draw the row of them, and return the page that the address asks for. The caller runs it.

    All pages but the front door need the libraries: until they are loaded, an outline stands in the page's place.
    """
    at_root = _screen_at_root()
    pages = {name: _page(name, name) for name in PAGES if name != START} | {START: _page(at_root, START)}
    page = st.navigation(list(pages.values()), position="hidden")
    name = page.url_path or at_root
    # First of all, so that nothing that follows is drawn in another width and then jumps.
    st.set_page_config(page_title=f"{PAGES[name].title} · {APP}", page_icon="assets/logo.svg", layout="wide")
    st.html(f"<style>{text_beside(__file__, 'style.css')}</style>")
    st.html(lost_connection_style(int(st.get_option("server.port"))))
    explain_words()
    if chosen := screen_row(name):
        # The front door has no scene.
        st.switch_page(pages[chosen], query_params=st.query_params.to_dict() if chosen != START else None)
    if name == START:
        loading.wait_for_style()
        return page
    loading.show_outline_until_loaded()
    # Imported late: it needs the libraries.
    from pages.session import state

    if not state.kept("styled"):
        state.keep("styled", True)
        loading.wait_for_style()
    return page


def _page(name: str, path: str) -> Any:
    return st.Page(PAGES[name].file, title=PAGES[name].title, url_path=path, default=path == START)


def _screen_at_root() -> str:
    """The name of the screen at `/`: the front door, but Decompose for an old link, which has parameters of a scene."""
    if not st.query_params:
        return START
    if not loading.is_done():
        # What a scene knows is known only then. Until then there is an outline.
        return DECOMPOSE
    # Imported late: it needs the libraries.
    from pages.session.scene import FIELDS

    return DECOMPOSE if FIELDS.keys() & st.query_params.keys() else START
