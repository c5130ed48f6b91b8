"""The stage: presented, a screen drops all chrome and its figures fill the window; and F fills it with one figure."""

from __future__ import annotations

import streamlit as st

from pages.frame.own_component import own_component
from pages.session import state
from pages.session.scene import Scene
from tensorllm_core.storage.own_text import text_beside

__all__ = ["is_presenting", "live_type_scale", "set_stage", "type_scale"]

_FIGURES, _LIVE = 1.5, 1.35
"""How much larger the type in figures is than at a desk, on the window that figures are made for. Live figures leave
more room to their strokes: they share the window with their controls."""
_FACTOR = "how much larger the window is"
_STAGE = own_component(__file__, "stage", html="<i hidden></i>")


def set_stage(scene: Scene) -> None:
    """Fit the screen to the window while it is presented, and listen to F. Every screen calls this before it draws."""
    if scene.present:
        st.html(f"<style>{text_beside(__file__, 'present.css')}</style>")
    _STAGE(data={"isPresented": scene.present, "factor": _factor()}, key="stage", on_factor_change=_take_factor)


def is_presenting() -> bool:
    """Whether the scene is presented, with larger type and no chrome."""
    return state.current_scene().present


def type_scale() -> float:
    """Factor by which the type in figures is larger: 1 unless the scene is presented."""
    return _FIGURES * _factor() if is_presenting() else 1.0


def live_type_scale() -> float:
    """The same for live figures and the controls among them."""
    return _LIVE * _factor() if is_presenting() else 1.0


def _take_factor() -> None:
    """Callback, so that the run that it causes draws in the new type at once. The value comes from the browser."""
    factor = getattr(state.widget_value("stage"), "factor", None)
    if isinstance(factor, int | float) and 0.5 <= factor <= 4:
        state.keep(_FACTOR, float(factor))


def _factor() -> float:
    """How much larger the window is than the one that figures are made for, in steps; 1 until the browser tells."""
    return state.kept(_FACTOR) or 1.0
