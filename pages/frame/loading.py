"""The libraries, loaded in the background: while the server starts, and while the browser gets ready to draw.

PyTorch alone takes seconds to import. In that time a person sees the outline of a screen, and their browser fetches
what it needs to draw figures. This module itself imports nothing that is large.
"""

from __future__ import annotations

import gc
import importlib
import threading
import time

import streamlit as st

__all__ = ["begin", "show_outline_until_loaded"]

_FOR_FIGURES = ("pandas", "plotly.graph_objects", "plotly.offline.offline", "PIL.Image")
_FOR_SCREENS = ("torch", "jaxtyping", "einops", "psutil", "tensorllm_core")
"""What takes time in the imports of the screens; their own modules take a moment, after these."""

_LONGEST_SECONDS = 120
_SECONDS_TO_SEND = 0.15

_lock = threading.Lock()
_can_draw = threading.Event()
_is_visited = threading.Event()


def begin() -> threading.Thread:
    """Load in the background what the screens need; once, however often this is called.

    PyTorch waits for the first visitor: imported before, it would hold up the server, which has a hundred small files
    to deliver before a browser can show anything.
    """
    with _lock:
        if not _LOADER.ident:
            _LOADER.start()
    return _LOADER


def show_outline_until_loaded() -> None:
    """Return at once when everything is loaded; else draw an outline, wait, and run the page anew."""
    loader = begin()
    if not loader.is_alive():
        return
    # A figure that is made while its libraries are half imported fails.
    _can_draw.wait(_LONGEST_SECONDS)
    st.html("<style>.st-key-first-figure {height: 0; overflow: hidden;}</style>")
    with st.container(key="first-figure"):
        # The browser fetches and reads what draws figures when it meets the first one.
        st.plotly_chart({"data": [{"type": "heatmap", "z": [[0.0]], "showscale": False}]})
    st.caption("Loading the libraries: some seconds, once for each start.")
    left, right = st.columns([5, 21], gap="medium")
    left.skeleton(height=420)
    with right:
        st.skeleton(height=110)
        st.skeleton(height=460)
    _is_visited.set()
    # Should the loading hang, the page itself says what is wrong.
    loader.join(_LONGEST_SECONDS)
    st.rerun()


def _load() -> None:
    # Importing makes hundreds of thousands of objects that stay. Python's garbage collector would look at them all
    # again and again meanwhile, and after each run of a page, to find nothing.
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
