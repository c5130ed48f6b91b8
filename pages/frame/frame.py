"""How every screen begins, what it draws on, and how it ends after an error: never with a traceback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec

import streamlit as st

from pages.frame.stage import type_scale
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
    "guarded",
    "notices_above",
    "panel_columns",
    "show_notices",
]

P = ParamSpec("P")


def guarded(screen: Callable[P, None]) -> Callable[P, None]:
    """Run a screen, then write its scene to the URL. An error of ours shows as its sentence, a bug as an apology."""

    @wraps(screen)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        job_board().touch()
        try:
            screen(*args, **kwargs)
            was_playing = "show" in st.query_params
            state.write_url()
            if was_playing and not state.current_scene().playing.show:
                # The line of the list stands outside this fragment.
                st.rerun()
        except Exception as error:
            # Streamlit uses exceptions of its own to stop and rerun a page: let them pass.
            if type(error).__module__.startswith("streamlit.runtime"):
                raise
            icon = ":material/error:" if isinstance(error, ExplorerError) else ":material/bug_report:"
            st.error(inert(sentence_for(error)), icon=icon)

    return run


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
