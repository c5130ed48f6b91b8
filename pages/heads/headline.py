"""The top of the screen: one sentence on the heads, the choice of a head, and links to other screens."""

from __future__ import annotations

import streamlit as st

from pages.controls.notable import notable
from pages.controls.page_links import page_links
from pages.controls.texts import error_text
from pages.controls.widgets import choose_head
from pages.heads.similarity import HeadComparison
from pages.session.scene import Scene
from tensorllm_core.experiments.gone import gone_sentence
from tensorllm_core.runs.layer_analysis import LayerAnalysis, gone_at

__all__ = ["headline", "sentence"]

_ROUNDING = 1e-5
"""Relative errors below this are the rounding of float32 weights."""


def headline(scene: Scene, analysis: LayerAnalysis, heads: HeadComparison) -> None:
    """The sentence on the left, the controls on the right."""
    words, choice, links = st.columns([12, 4, 6], gap="small", vertical_alignment="center")
    with words:
        st.markdown(sentence(analysis.unit, heads))
        notable([gone_sentence(gone_at(analysis, heads.result))])
    with choice:
        choose_head(scene, analysis, "heads group", label_visibility="collapsed")
    with links:
        page_links(scene, ("decompose", "Decompose", "view_in_ar"), ("layers", "All layers", "layers"))


def sentence(unit: str, heads: HeadComparison) -> str:
    """One sentence on the errors of the heads."""
    ranks = f"Ranks **{heads.result.ranks}**"
    if float(heads.error.max()) < _ROUNDING:
        return f"{ranks} lose nothing: the error of every {unit} is only rounding."
    overall = f"{ranks} give error **{error_text(heads.result.relative_error)}**"
    if len(heads.error) == 1:
        return f"{overall}; the layer has only one {unit}."
    least, most = (error_text(float(heads.error[group])) for group in (heads.easiest, heads.hardest))
    return f"{overall}: smallest in {unit} {heads.easiest}, **{least}**, largest in {unit} {heads.hardest}, **{most}**."
