"""Every test of the screens has a board of jobs, caches and a home of its own: none sees another's work."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st


@pytest.fixture(autouse=True)
def _own_work(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("XDG_CACHE_HOME", str(home))
    # Streamlit leaves the script that it ran as `__main__`, which a process that is spawned later would run again.
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    # The jobs of the board that goes are asked to stop; whatever they still find goes with it.
    st.cache_resource.clear()
    yield home
    st.cache_resource.clear()
