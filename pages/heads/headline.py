"""One sentence on the heads, the choice of one, and the ways on from here."""

from __future__ import annotations

import streamlit as st

from pages.frame.navigation import PAGES
from pages.heads.similarity import HeadComparison, error_text
from pages.session import state
from pages.session.links import scene_parameters
from pages.session.scene import Scene
from tensorllm_core.runs.layer_analysis import LayerAnalysis

__all__ = ["headline", "sentence"]

_ROUNDING = 1e-5
"""Relative errors below this are the rounding of float32 weights."""


def headline(scene: Scene, analysis: LayerAnalysis, found: HeadComparison) -> None:
    """The sentence at the left, the controls at the right."""
    words, choice, ways = st.columns([13, 3, 6], gap="small", vertical_alignment="center")
    words.markdown(sentence(analysis.unit, found))
    with choice:
        _choose_group(scene, analysis)
    with ways.container(horizontal=True, horizontal_alignment="right", gap="small", key="ways"):
        for page, label, icon in (("decompose", "Decompose", "view_in_ar"), ("layers", "All layers", "layers")):
            st.page_link(
                PAGES[page].file,
                label=label,
                icon=f":material/{icon}:",
                query_params=scene_parameters(scene),
            )


def sentence(unit: str, found: HeadComparison) -> str:
    """What the ranks do to the heads, in words."""
    if float(found.error.max()) < _ROUNDING:
        return f"Ranks **{found.result.ranks}** lose nothing of any {unit} but rounding."
    overall = f"Ranks **{found.result.ranks}** lose **{error_text(found.result.relative_error)}**"
    if len(found.error) == 1:
        return f"{overall}, which has one {unit} only."
    least, most = (error_text(float(found.error[group])) for group in (found.easiest, found.hardest))
    return f"{overall}: least in {unit} {found.easiest}, **{least}**, most in {unit} {found.hardest}, **{most}**."


def _choose_group(scene: Scene, analysis: LayerAnalysis) -> None:
    count = analysis.shape.group
    key = f"heads group {count}"
    st.selectbox(
        analysis.unit.capitalize(),
        range(count),
        key=state.seed(key, min(scene.group, count - 1)),
        format_func=lambda number: f"{analysis.unit} {number}",
        on_change=state.take,
        args=(key, "group"),
        label_visibility="collapsed",
        help=f"The {analysis.unit} that all screens show",
    )
