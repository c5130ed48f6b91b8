"""The controls of the Reasoning screen: which layers, which questions, how many, which controls."""

from __future__ import annotations

import streamlit as st

from pages.controls.questions_panel import (
    choose_benchmarks,
    choose_layers,
    choose_own_file,
    choose_sample,
    own_file_title,
)
from pages.session import state
from pages.session.scene import Scene
from tensorllm_core.models.checkpoint import Checkpoint

__all__ = ["panel"]

_LAYERS_HELP = "All edited layers take the ranks above, or each its own where an error, a ratio or the hint decides"


def panel(scene: Scene, checkpoint: Checkpoint) -> None:
    """Everything but the ranks."""
    choose_layers(scene, checkpoint, _LAYERS_HELP)
    choose_benchmarks(scene)
    with st.popover(own_file_title(), icon=":material/upload_file:", width="stretch", key="own popover"):
        choose_own_file(scene)
    choose_sample(scene)
    st.checkbox(
        "Controls",
        key=state.seed("controls widget", scene.reasoning.controls),
        on_change=state.take,
        args=("controls widget", "controls"),
        help=(
            "Also the block's attention removed, random directions of the same ranks, and the clean model where there "
            "is one: better than the original is not yet better than these"
        ),
    )
