"""The tabs below the fold: error by part, any two methods, what each stores, the difference explained, downloads."""

from __future__ import annotations

import streamlit as st

from pages.compare.downloads import taking
from pages.compare.error_figure import errors_picture
from pages.compare.lessons import explained
from pages.compare.pairwise import two
from pages.compare.stored_entries import storing
from pages.session import state
from pages.session.scene import COMPARE_TABS, Scene
from tensorllm_core.runs.comparison_run import Comparison

__all__ = ["details"]


def details(scene: Scene, found: Comparison) -> None:
    """Tabs; only the open one is computed."""
    tabs = st.tabs(
        COMPARE_TABS,
        key=state.seed("compare tabs", scene.tab if scene.tab in COMPARE_TABS else COMPARE_TABS[0]),
        on_change=state.take,
        args=("compare tabs", "tab"),
    )
    ratio = found.plan.nearest(scene.compare.budget)
    drawers = (errors_picture, two, storing, lambda scene, found, ratio: explained(found.plan.methods), taking)
    for tab, draw in zip(tabs, drawers, strict=True):
        if tab.open:
            with tab:
                draw(scene, found, ratio)
