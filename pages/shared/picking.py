"""A click on a figure that chooses something: it counts once, however long the figure keeps its selection."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.shared import state

__all__ = ["take_click"]


def take_click(key: str, picked: Sequence[int], field: str) -> None:
    """Put what was clicked in the figure of that key into the scene, and draw the screen anew for it."""
    number = picked[0] if picked else None
    before = state.kept(f"picked {key}")
    state.keep(f"picked {key}", number)
    if number is None or number == before or getattr(state.current_scene(), field) == number:
        return
    state.change(**{field: number})
    st.rerun()
