"""Decompose: pick a layer and ranks, and see error, ratio, certificate, spectra, landscape and cores."""

import streamlit as st

from pages.controls.rank_panel import rank_panel
from pages.decompose.figures import cores, landscape_picture, spectra_picture
from pages.decompose.headline import headline
from pages.decompose.tabs import details
from pages.frame.frame import guarded, open_page, panel_columns, show_notices
from pages.frame.toolbar import begin_screen
from pages.work.layer_job import begin_layer, result_of_ranks

HELP = """
**Pick ranks, see what is lost.** The four projections Q, K, V, O of every head form one tensor,
`d_model x d_head x part x head`. It is written as one small private core per head and three factor
matrices that all heads share. The ranks say how many directions each mode keeps.

- **Model**: a bundled one, or type the path of a local folder.
- **Ranks**: sliders or exact numbers; or fix the error, or the compression ratio, and the best ranks follow.
- **Refine** improves the truncated HOSVD by HOOI sweeps; the interval says how much that could still win.
- The **info** button at each figure has the formula, the numbers as CSV and the picture format.
- **Keyboard**: Tab to a slider, then the arrow keys; `Alt+PageUp` and `Alt+PageDown` change the layer.
- **Copy link** restores exactly this scene, for anybody with the same model.
"""


@st.fragment
@guarded
def screen() -> None:
    """Everything in one fragment: a slider redraws the figures, not the frame around them."""
    scene, checkpoint = begin_screen(HELP)
    notices = st.container()
    layer = begin_layer(scene, checkpoint)
    if layer is None:
        _outline()
        return
    scene, analysis = layer.scene, layer.analysis
    left, right = panel_columns(scene)
    with left, st.container(key="rank-panel"):
        rank_panel(layer)
    with right:
        head = st.container(gap="small")
        result = result_of_ranks(layer)
        with head:
            headline(analysis, result)
        middle, side = st.columns([6, 5], gap="small")
        with middle:
            landscape_picture(analysis, result)
        with side:
            spectra_picture(analysis, result)
        cores(scene, analysis, result)
        details(scene, analysis, result)
    with notices:
        show_notices()


def _outline() -> None:
    """The shape of the screen, while its numbers are on their way."""
    left, right = st.columns([5, 21], gap="medium")
    left.skeleton(height=420)
    with right:
        st.skeleton(height=110)
        for column in st.columns([6, 5], gap="small"):
            column.skeleton(height=290)
        st.skeleton(height=160)


open_page("decompose")
screen()
