"""What came of a comparison: headline and figures, live or drawn on the server, then the tabs."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.compare.budget_words import budget_words
from pages.compare.curves import curves_of, pinned
from pages.compare.error_figure import errors_picture
from pages.compare.figures import curves_picture, deltas_picture, pin_button
from pages.compare.headline import headline
from pages.compare.live import live_comparison
from pages.compare.ranking import missing_methods, ranked_methods
from pages.compare.tabs import comparison_tabs
from pages.controls.notable import notable
from pages.session import state
from pages.work.plain_text import inert
from tensorllm_core.experiments.comparison_result import gone_by_method
from tensorllm_core.runs.comparison_run import Comparison

__all__ = ["draw_ended", "draw_running"]


def draw_ended(comparison: Comparison) -> None:
    """All of it; the focus moves among all budgets that were asked."""
    _draw(comparison, comparison.plan.ratios)
    if comparison.is_answered:
        comparison_tabs(state.current_scene(), comparison)


def draw_running(comparison: Comparison) -> None:
    """What moves while it is asked, at the budget in focus; more would only take the questions' time."""
    _draw(comparison, [comparison.plan.nearest(state.current_scene().compare.budget)])


def _draw(comparison: Comparison, ratios: Sequence[float]) -> None:
    scene = state.current_scene()
    ratio = comparison.plan.nearest(scene.compare.budget)
    if not comparison.is_answered:
        answered = "No question is answered yet" if comparison.plan.questions.benchmarks else "No questions are chosen"
        st.caption(f"{answered}. These are the errors of the weights, by method.")
        notable(gone_by_method(comparison.at(ratio)))
        errors_picture(comparison, ratio)
        return
    if scene.plain:
        _draw_plainly(comparison, ratio)
    else:
        live_comparison(comparison, ratios)
        _draw_pin(comparison)
    for sentence in missing_methods(comparison):
        st.caption(f":orange[{sentence}]")


def _draw_plainly(comparison: Comparison, ratio: float) -> None:
    ranking = ranked_methods(comparison, ratio)
    headline(budget_words(comparison, ratio, ranking))
    left, right = st.columns([1, 1], gap="small")
    with left:
        curves_picture(comparison, ratio, ranking)
    with right:
        deltas_picture(comparison, ratio, ranking)


def _draw_pin(comparison: Comparison) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        # Presented, the window has room for the figures alone.
        if not state.current_scene().present:
            pin_button(curves_of(comparison))
        if before := pinned():
            st.caption(inert(f"Grey, pinned: {before.label}"))
