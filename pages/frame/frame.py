"""How every screen begins, what it draws on, and how it ends after an error: never with a traceback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec

import streamlit as st

from pages.frame.lost_connection import lost_connection_style
from pages.frame.navigation import PAGES
from pages.session import state
from pages.session.scene import Scene
from pages.work.apology import sentence_for
from pages.work.caches import job_board
from pages.work.plain_text import inert
from tensorllm_core.errors import ExplorerError
from tensorllm_core.figures.theme import Appearance, Canvas

__all__ = [
    "appearance",
    "canvas",
    "enlarge_when_presenting",
    "guarded",
    "notices_above",
    "open_page",
    "panel_columns",
    "show_notices",
    "type_scale",
]

P = ParamSpec("P")

_PRESENT_SCALE = 1.3
_STYLE = """
<style>
.stMainBlockContainer {padding-left: 1.25rem; padding-right: 1.25rem;}
.stMainBlockContainer [data-testid="stVerticalBlock"] {gap: 0.5rem;}
[data-testid="stMetric"] label p {font-size: 0.8rem;}
[data-testid="stMetric"] > div {line-height: 1.2;}
[data-testid="stMetric"] .stMarkdownEllipsis, [data-testid="stMetric"] .stMarkdownEllipsis p {white-space: normal;}
[class*="st-key-about"] button, .st-key-pin button, .st-key-unpin button {min-height: 1.5rem; padding: 0 0.2rem;}
.stSlider {margin-top: -0.9rem; margin-bottom: -0.55rem;}
.stSlider [data-testid="stSliderThumbValue"] {display: none;}
@media (min-width: 901px) {
  [data-testid="stColumn"]:has(.st-key-rank-panel) {position: sticky; top: 4.2rem; align-self: flex-start;}
}
@media (max-width: 900px) {
  [data-testid="stHorizontalBlock"]:has(> [data-testid="stColumn"] [class*="-panel"]) {flex-wrap: wrap;}
  [data-testid="stHorizontalBlock"] > [data-testid="stColumn"]:has([class*="-panel"]),
  [data-testid="stColumn"]:has([class*="-panel"]) + [data-testid="stColumn"] {min-width: 100%;}
  [data-testid="stHorizontalBlock"]:has(> [class*="st-key-about"]) {flex-wrap: wrap;}
  [data-testid="stHorizontalBlock"]:has(> [class*="st-key-about"]) > :first-child {flex: 1 1 9rem; width: auto;}
}
@media (max-width: 640px) {
  [class*="st-key-headline"] [data-testid="stHorizontalBlock"] {flex-wrap: wrap;}
  [class*="st-key-headline"] [data-testid="stColumn"] {flex: 1 1 40%; min-width: 40%;}
}
[data-testid="stLayoutWrapper"]:has(> .st-key-floating-progress) {
  position: fixed; bottom: 0.75rem; left: 50%; transform: translateX(-50%); z-index: 999;
  width: min(40rem, calc(100vw - 1.5rem)); padding: 0.5rem 1rem; border-radius: 0.5rem;
  background: Canvas; border: 1px solid rgb(128 128 128 / 40%); box-shadow: 0 0.25rem 1rem rgb(0 0 0 / 20%);
}
.st-key-rank-panel [data-testid="stNumberInput"] button {display: none;}
.st-key-toolbar kbd, .st-key-toolbar [data-testid="stButtonShortcut"] {display: none;}
</style>
"""
_PRESENT_STYLE = "<style>html {font-size: 20px;}</style>"


def open_page(name: str) -> None:
    """Set the title of the browser tab, the icon and the style. Every page calls this first."""
    page = PAGES[name]
    st.set_page_config(page_title=f"{page.title} · TensorLLM Explorer", page_icon="assets/logo.svg", layout="wide")
    st.html(_STYLE)
    st.html(lost_connection_style(int(st.get_option("server.port"))))


def guarded(screen: Callable[P, None]) -> Callable[P, None]:
    """Run a screen, then write its scene to the URL. An error of ours shows as its sentence, a bug as an apology."""

    @wraps(screen)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        job_board().touch()
        try:
            screen(*args, **kwargs)
            state.write_url()
        except Exception as error:
            # Streamlit uses exceptions of its own to stop and rerun a page: let them pass.
            if type(error).__module__.startswith("streamlit.runtime"):
                raise
            icon = ":material/error:" if isinstance(error, ExplorerError) else ":material/bug_report:"
            st.error(inert(sentence_for(error)), icon=icon)

    return run


def enlarge_when_presenting() -> None:
    """Make the type larger everywhere while the scene is presented."""
    if state.current_scene().present:
        st.html(_PRESENT_STYLE)


def panel_columns(scene: Scene) -> list[st.delta_generator.DeltaGenerator]:
    """The left column for the controls, and the right one for the results."""
    return st.columns([6, 20] if scene.present else [5, 21], gap="medium")


def show_notices() -> None:
    """Show the notices: one sentence for each thing that could not be done as the link or the visitor asked."""
    if sentences := state.notices_to_show():
        st.warning("  \n".join(map(inert, sentences)), icon=":material/info:")


@contextmanager
def notices_above() -> Iterator[None]:
    """Show the notices above what the `with` block draws. They are complete only when the block has ended."""
    place = st.container()
    yield
    with place:
        show_notices()


def canvas(height: int) -> Canvas:
    """The ground, size and type scale for a figure on this screen; `height` in pixels at normal type."""
    return Canvas(appearance(), round(height * type_scale()), type_scale())


def appearance() -> Appearance:
    """The theme, light or dark, that the visitor's browser shows now."""
    return Appearance.DARK if st.context.theme.type == "dark" else Appearance.LIGHT


def type_scale() -> float:
    """Factor by which the type in figures is larger: 1 unless the scene is presented."""
    return _PRESENT_SCALE if state.current_scene().present else 1.0
