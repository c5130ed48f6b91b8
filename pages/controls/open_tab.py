"""Tabs of which only the open one is computed and drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from pages.frame.stage import is_presenting
from pages.session import state
from pages.session.scene import Scene

__all__ = ["draw_open_tab"]


def draw_open_tab(
    key: str, scene: Scene, titles: Sequence[str], drawers: Sequence[Callable[..., None]], *arguments: object
) -> None:
    """Draw tabs, and in the open one what its function draws. The scene's `tab` is the title of the open tab.

    Args:
        drawers: a function for each title; only that of the open tab is called, with `arguments`.
    """
    if is_presenting():
        # Nothing stands below the figures of a presented screen.
        return
    tabs = st.tabs(titles, **state.bound("tab", scene.tab if scene.tab in titles else titles[0], key))
    for tab, draw in zip(tabs, drawers, strict=True):
        if tab.open:
            with tab:
                draw(*arguments)
