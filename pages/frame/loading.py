"""Loads the libraries in the background, while the server starts and the browser prepares to draw.

PyTorch alone takes seconds to import. Meanwhile a visitor sees the outline of a screen, and the browser fetches the
scripts that draw figures. This module itself imports nothing large.
"""

from __future__ import annotations

import gc
import importlib
import threading
import time

import streamlit as st

__all__ = ["begin", "is_done", "load_for_screens", "outline_of_panel", "show_outline_until_loaded", "wait_for_style"]

_FOR_FIGURES = ("pandas", "plotly.graph_objects", "plotly.offline.offline", "PIL.Image")
_FOR_SCREENS = ("torch", "jaxtyping", "einops", "psutil", "tensorllm_core")
"""The slow imports of the screens. After these, the modules of the screens take only a moment."""

_LONGEST_SECONDS = 120
_SECONDS_TO_SEND = 0.15
_SECONDS_TO_STYLE = 0.15

_lock = threading.Lock()
_can_draw = threading.Event()
_is_visited = threading.Event()


def begin() -> threading.Thread:
    """Start to load in the background what the screens need; only the first call does anything.

    PyTorch waits for the first visitor. An earlier import would slow down the server while it sends the hundred small
    files that a browser needs before it can show anything.
    """
    with _lock:
        if not _LOADER.ident:
            _LOADER.start()
    return _LOADER


def is_done() -> bool:
    """Whether all libraries are loaded."""
    return not begin().is_alive()


def load_for_screens() -> None:
    """Load what the other screens need, behind a page that needs none of it and is drawn already."""
    begin()
    _is_visited.set()


def show_outline_until_loaded() -> None:
    """Return at once if all libraries are loaded; else draw an outline, wait, and run the page again."""
    loader = begin()
    if not loader.is_alive():
        return
    # A figure fails as long as its libraries are only half imported.
    _can_draw.wait(_LONGEST_SECONDS)
    wait_for_style()
    # The same order as on a screen, which puts its pieces in these places one by one.
    with st.container(key="outline"):
        with st.container(key="outline-of-toolbar"):
            st.caption("Loading the libraries. This takes some seconds, once after each start.")
            # The browser fetches the scripts that draw figures when it meets the first figure.
            st.plotly_chart({"data": [{"type": "heatmap", "z": [[0.0]], "showscale": False}]}, key="first-figure")
        st.container()
        with outline_of_panel():
            st.skeleton(height=110)
            st.skeleton(height=460)
    _is_visited.set()
    # If the loading hangs, the page itself says what is wrong.
    loader.join(_LONGEST_SECONDS)
    st.rerun()


def wait_for_style() -> None:
    """Wait while the browser of a new visitor fetches what applies the style: what it draws earlier would jump."""
    # In a test without a browser there is none.
    if st.context.headers:
        time.sleep(_SECONDS_TO_STYLE)


def outline_of_panel() -> st.delta_generator.DeltaGenerator:
    """Draw the outline of a panel in the left column; returns the right column for the rest of the outline."""
    left, right = st.columns([5, 21], gap="medium")
    left.skeleton(height=420)
    return right


def _load() -> None:
    # The imports make hundreds of thousands of objects that stay. The garbage collector would check them all again and
    # again, now and after each run of a page, and never find anything to free.
    gc.disable()
    try:
        for name in _FOR_FIGURES:
            importlib.import_module(name)
        _can_draw.set()
        _is_visited.wait()
        time.sleep(_SECONDS_TO_SEND)
        for name in _FOR_SCREENS:
            importlib.import_module(name)
    finally:
        _can_draw.set()
        gc.freeze()
        gc.enable()


_LOADER = threading.Thread(target=_load, name="loading libraries", daemon=True)
