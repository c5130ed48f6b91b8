"""Each test of the screens gets its own jobs, caches and home folder, so that no test sees the work of another."""

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
    # Clearing the cache closes the board of jobs, which asks its jobs to stop.
    st.cache_resource.clear()
    yield home
    st.cache_resource.clear()
