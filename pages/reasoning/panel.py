"""The settings of the Reasoning screen: which layers, which questions, how many, and whether controls are asked."""

from __future__ import annotations

import streamlit as st

from pages.controls.own_questions import choose_own_file, own_file_title
from pages.controls.questions_panel import (
    choose_benchmarks,
    choose_layers,
    choose_sample,
)
from pages.session import state
from pages.session.plans import chosen_benchmarks
from pages.session.scene import Scene
from tensorllm_core.models.checkpoint import Checkpoint

__all__ = ["panel"]

_LAYERS_HELP = (
    "All edited layers use the ranks above. If an error, a compression ratio or the suggestion decides, each layer "
    "gets ranks of its own"
)


def panel(scene: Scene, checkpoint: Checkpoint) -> None:
    """All settings except the ranks."""
    choose_layers(scene, checkpoint, _LAYERS_HELP)
    choose_benchmarks(scene)
    # Without any questions the upload is on the right: no two widgets have one key.
    if chosen_benchmarks(scene):
        with st.popover(own_file_title(), icon=":material/upload_file:", width="stretch", key="own popover"):
            choose_own_file(scene, checkpoint)
    choose_sample(scene)
    st.checkbox(
        "Controls",
        **state.bound("controls", scene.reasoning.controls),
        help=(
            "Also asks the model with this attention removed, with random directions of the same ranks, and the clean "
            "model if there is one. An edit that beats the original should also beat the first two"
        ),
    )
