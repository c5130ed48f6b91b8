"""From the address to a screen: the page that is asked for, its title, and the row of screens above it.

This module imports nothing large: the front door stands before the libraries are loaded.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.frame import loading
from pages.frame.glossary import explain_words
from pages.frame.lost_connection import lost_connection_style
from pages.frame.navigation import APP, DECOMPOSE, PAGES, SPEAKER, SPEAKER_PAGE, START, PageEntry
from pages.frame.screen_row import screen_row
from tensorllm_core.storage.own_text import text_beside

__all__ = ["route"]


def route() -> Any:
    """Declare the screens, draw the row of them, and return the page that the address asks for. The caller runs it.

    All pages but the front door need the libraries: until they are loaded, an outline stands in the page's place.
    """
    at_root = _screen_at_root()
    pages = {name: _page(PAGES[name], name) for name in PAGES if name != START} | {START: _page(PAGES[at_root], START)}
    speaker = _page(SPEAKER_PAGE, SPEAKER)
    page = st.navigation([*pages.values(), speaker], position="hidden")
    name = page.url_path or at_root
    if name == SPEAKER:
        st.set_page_config(page_title=f"{SPEAKER_PAGE.title} · {APP}", page_icon="assets/logo.svg", layout="wide")
        return page
    # First of all, so that nothing that follows is drawn in another width and then jumps.
    st.set_page_config(page_title=f"{PAGES[name].title} · {APP}", page_icon="assets/logo.svg", layout="wide")
    st.html(f"<style>{text_beside(__file__, 'style.css')}</style>")
    st.html(lost_connection_style(int(st.get_option("server.port"))))
    explain_words()
    if chosen := screen_row(name):
        st.switch_page(pages[chosen], query_params=_parameters_for(chosen, name))
    if name == START:
        loading.wait_for_style()
        return page
    loading.show_outline_until_loaded()
    # Imported late: it needs the libraries.
    from pages.session import state

    if not state.kept("styled"):
        state.keep("styled", True)
        loading.wait_for_style()
    # Imported late, as above.
    from pages.frame.player import player
    from pages.frame.tour import tour

    with st.container():
        move = player(name)
    if move is not None:
        st.switch_page(pages[move.page], query_params=move.parameters)
    with st.container():
        step = tour(name)
    if step is not None:
        st.switch_page(pages[step[0]], query_params=step[1])
    return page


def _page(entry: PageEntry, path: str) -> Any:
    return st.Page(entry.file, title=entry.title, url_path=path, default=path == START)


def _parameters_for(chosen: str, name: str) -> dict[str, str] | None:
    """The parameters with which a screen opens from the row: those of the scene."""
    if chosen == START:
        # The front door has no scene.
        return None
    if name != START or not loading.is_done():
        return st.query_params.to_dict()
    # Imported late: it needs the libraries.
    from pages.session import state

    # From the front door one comes back to the scene that was left.
    return state.scene_left()


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
