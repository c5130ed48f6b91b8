"""The stage: presented, a screen drops all chrome and its figures fill the window; and F fills it with one figure."""

from __future__ import annotations

import streamlit as st

from pages.session import state
from pages.session.scene import Scene
from tensorllm_core.storage.own_text import text_beside

__all__ = ["is_presenting", "set_stage", "type_scale"]

_PRESENT_SCALE = 1.35
"""How much larger the type in figures is than at a desk, on the window that figures are made for."""
_FACTOR = "how much larger the window is"
_STAGE = st.components.v2.component("stage", html="<i hidden></i>", js=text_beside(__file__, "stage.js"))


def set_stage(scene: Scene) -> None:
    """Fit the screen to the window while it is presented, and listen to F. Every screen calls this before it draws."""
    if scene.present:
        st.html(f"<style>{text_beside(__file__, 'present.css')}</style>")
    stage = _STAGE(
        data={"isPresented": scene.present, "factor": _factor()},
        key="stage",
        on_factor_change=lambda: None,
    )
    if isinstance(stage.factor, int | float) and 0.5 <= stage.factor <= 4:
        state.keep(_FACTOR, float(stage.factor))


def is_presenting() -> bool:
    """Whether the scene is presented, with larger type and no chrome."""
    return state.current_scene().present


def type_scale() -> float:
    """Factor by which the type in figures is larger: 1 unless the scene is presented."""
    return _PRESENT_SCALE * _factor() if is_presenting() else 1.0


def _factor() -> float:
    """How much larger the window is than the one that figures are made for, in steps; 1 until the browser tells."""
    return state.kept(_FACTOR) or 1.0
