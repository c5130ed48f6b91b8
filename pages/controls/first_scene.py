"""What the scene that opens first is there to show, in words and as a link: on the front door and on Decompose.

This module imports nothing large: the front door is drawn before the libraries are loaded.
"""

from __future__ import annotations

import streamlit as st

from pages.frame.navigation import PAGES

__all__ = ["FIRST_SCENE", "link_to_answers"]

FIRST_SCENE = (
    "The first scene has **an error of 87%, and that is right**: most of the layer is noise that was added to "
    "it, and the ranks leave the noise out. With all layers compressed like this, the model answers **73%** of "
    "4,000 questions instead of **52%**."
)
"""Measured on the test questions of the four bundled benchmarks, by `evaluate --model demo-decoder-noisy --layers all
--suggested`: 0.5185 before and 0.728 after in the mean. The error is that of `decompose --layer 1 --ranks 12,6,4`."""

_ANSWERS = {"model": "demo-decoder-noisy", "layer": "1", "layers": "all", "sample": "0"}


def link_to_answers() -> None:
    """A link to the questions that show it, asked of the whole model."""
    st.page_link(
        PAGES["reasoning"].file, label="See the answers", icon=":material/arrow_forward:", query_params=_ANSWERS
    )
