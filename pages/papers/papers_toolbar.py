"""The row of controls above the tables: table, link, presenting, help. It needs no open model."""

from __future__ import annotations

import streamlit as st

from pages.frame.toolbar import begin_plain_screen
from pages.papers.cell_choice import Choice, settled_choice
from pages.session import state
from pages.session.scene import Scene
from pages.session.scene_parts import PAPER_TABLES
from pages.work.caches import rest_heap
from tensorllm_core.experiments.published_tables import ABLATED_MODEL

__all__ = ["begin_papers"]

_TITLES = {
    "II": "Table II: TensorLLM",
    "III": "Table III: hybrids",
    "IV": "Table IV: ablation",
    "LASER": "LASER",
    "ranks": "Derived ranks",
}


def begin_papers(help_text: str) -> tuple[Scene, Choice]:
    """Draw the row of controls. Returns the scene, made to fit the papers, and the chosen cell."""
    rest_heap("start")
    scene, choice = settled_choice(state.current_scene())
    begin_plain_screen(scene, _TITLES[scene.papers.table], help_text, lambda: _choose_table(scene))
    return scene, choice


def _choose_table(scene: Scene) -> None:
    st.segmented_control(
        "Table",
        PAPER_TABLES,
        key=state.seed("table widget", scene.papers.table),
        format_func=_TITLES.__getitem__,
        on_change=_take_table,
        required=True,
        label_visibility="collapsed",
    )


def _take_table() -> None:
    table = state.widget_value("table widget")
    if table == "IV":
        # Table IV has only one model. After a click, no notice needs to say that the cell changes.
        benchmark = state.current_scene().papers.cell.split("-")[1]
        state.change(table=table, cell=f"{ABLATED_MODEL}-{benchmark}", variant="")
    elif table:
        state.change(table=table, variant="")
