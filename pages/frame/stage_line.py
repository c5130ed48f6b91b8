"""The one slim line above a presented screen: what is shown, the layers beside it, and the way out."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.session.scene import Scene
from pages.work.plain_text import inert, inert_name
from tensorllm_core.models.checkpoint import Checkpoint
from tensorllm_core.models.local_paths import last_part
from tensorllm_core.models.quantisation import main_quantisation, quantisation_notice
from tensorllm_core.types import Layout

__all__ = ["shown", "stage_line"]


def stage_line(
    words: str, leave: Callable[[], None], steps: Callable[[], None] | None = None, help_text: str | None = None
) -> None:
    """Draw the line.

    Args:
        words: what is shown, in Markdown.
        leave: called when the visitor leaves the presentation.
        steps: draws the buttons for the layers beside this one.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="stage-line"):
        st.markdown(words, help=help_text, width="content")
        if steps:
            steps()
        st.space("stretch")
        left = st.button(
            "Exit",
            icon=":material/close_fullscreen:",
            type="tertiary",
            key="leave the stage",
            on_click=leave,
            help="Back to the desk, with all controls (Escape). **F** shows one figure on the whole screen",
        )
    if left:
        # Also what stands around this fragment: the line of a list that is played.
        st.rerun()


def shown(scene: Scene, checkpoint: Checkpoint) -> tuple[str, str | None]:
    """Model, layer and what is unusual about them, in Markdown, and a note that explains it."""
    words = [f"**{inert_name(last_part(scene.model))}**", f"layer {scene.layer}"]
    if scene.layout is not Layout.PAPER:
        words.append("heads cut as in the released code")
    if checkpoint.quantisation is None:
        return " · ".join(words), None
    words.append(f":gray-badge[{inert_name(main_quantisation(checkpoint.quantisation))}]")
    return " · ".join(words), inert(quantisation_notice(checkpoint.quantisation))
