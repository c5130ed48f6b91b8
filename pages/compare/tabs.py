"""The tabs below the figures: errors, any two methods, stored entries, how the methods differ, downloads."""

from __future__ import annotations

from pages.compare.downloads import download_tab
from pages.compare.error_figure import errors_picture
from pages.compare.lessons import method_lessons
from pages.compare.pairwise import two_methods_tab
from pages.compare.stored_entries import stored_entries_tab
from pages.controls.open_tab import draw_open_tab
from pages.session.scene import COMPARE_TABS, Scene
from tensorllm_core.runs.comparison_run import Comparison

__all__ = ["comparison_tabs"]


def comparison_tabs(scene: Scene, comparison: Comparison) -> None:
    """The tabs; only the open one is computed."""
    ratio = comparison.plan.nearest(scene.compare.budget)
    drawers = (
        errors_picture,
        lambda comparison, ratio: two_methods_tab(scene, comparison, ratio),
        stored_entries_tab,
        lambda comparison, _: method_lessons(comparison.plan.methods),
        download_tab,
    )
    draw_open_tab("compare tabs", scene, COMPARE_TABS, drawers, comparison, ratio)
