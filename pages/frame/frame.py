"""How every screen begins, and how it ends when something is wrong: never with a traceback."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

import streamlit as st

from pages.frame.navigation import PAGES
from pages.session import state
from pages.session.scene import Scene
from pages.work.apology import sentence_for
from tensorllm_core.errors import ExplorerError
from tensorllm_core.figures.theme import Appearance, Canvas

__all__ = [
    "appearance",
    "canvas",
    "enlarge_when_presenting",
    "guarded",
    "open_page",
    "panel_columns",
    "show_notices",
    "type_scale",
]

_PRESENT_SCALE = 1.3
_STYLE = """
<style>
.stMainBlockContainer {padding-left: 1.25rem; padding-right: 1.25rem;}
.stMainBlockContainer [data-testid="stVerticalBlock"] {gap: 0.5rem;}
[data-testid="stMetric"] label p {font-size: 0.8rem;}
[data-testid="stMetric"] > div {line-height: 1.2;}
[class*="st-key-about"] button, .st-key-pin button, .st-key-unpin button {min-height: 1.5rem; padding: 0 0.2rem;}
.stSlider {margin-top: -0.9rem; margin-bottom: -0.55rem;}
.stSlider [data-testid="stSliderThumbValue"] {display: none;}
[data-testid="stColumn"]:has(.st-key-rank-panel) {position: sticky; top: 4.2rem; align-self: flex-start;}
.st-key-rank-panel [data-testid="stNumberInput"] button {display: none;}
.st-key-toolbar kbd, .st-key-toolbar [data-testid="stButtonShortcut"] {display: none;}
</style>
"""
_PRESENT_STYLE = "<style>html {font-size: 20px;}</style>"


def open_page(name: str) -> None:
    """Begin a screen: the title of the browser tab, the look, and the scene that the URL asks for.

    Every page calls this first.
    """
    page = PAGES[name]
    st.set_page_config(page_title=f"{page.title} · TensorLLM Explorer", page_icon="assets/logo.svg", layout="wide")
    st.html(_STYLE)


def guarded(screen: Callable[[], None]) -> Callable[[], None]:
    """Run a screen, then write its scene to the URL; errors show as their sentence, a bug as an apology with an id."""

    @wraps(screen)
    def run() -> None:
        try:
            screen()
            state.write_url()
        except Exception as error:
            # Streamlit steers reruns with exceptions of its own, which are not for us.
            if type(error).__module__.startswith("streamlit.runtime"):
                raise
            icon = ":material/error:" if isinstance(error, ExplorerError) else ":material/bug_report:"
            st.error(sentence_for(error), icon=icon)

    return run


def enlarge_when_presenting() -> None:
    """Larger type everywhere while the scene is presented."""
    if state.current_scene().present:
        st.html(_PRESENT_STYLE)


def panel_columns(scene: Scene) -> list[st.delta_generator.DeltaGenerator]:
    """The column of the controls, and that of what they do."""
    return st.columns([6, 20] if scene.present else [5, 21], gap="medium")


def show_notices() -> None:
    """What could not be done as asked, one sentence each."""
    if sentences := state.notices_to_show():
        st.warning("  \n".join(sentences), icon=":material/info:")


def canvas(height: int) -> Canvas:
    """What a figure on this screen is drawn on, so many pixels high at normal type."""
    return Canvas(appearance(), round(height * type_scale()), type_scale())


def appearance() -> Appearance:
    """The ground that the person's browser shows now."""
    return Appearance.DARK if st.context.theme.type == "dark" else Appearance.LIGHT


def type_scale() -> float:
    """Size of the type in figures: larger when presenting."""
    return _PRESENT_SCALE if state.current_scene().present else 1.0
