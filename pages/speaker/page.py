"""The speaker's window: the note of the scene, the next scene, and a clock. It hears of both from the other window."""

import streamlit as st

from tensorllm_core.storage.own_text import text_beside

_WINDOW = st.components.v2.component(
    "speaker_window",
    html=text_beside(__file__, "speaker.html"),
    css=text_beside(__file__, "speaker.css"),
    js=text_beside(__file__, "speaker.js"),
)

_WINDOW(key="speaker window")
