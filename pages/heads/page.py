"""Heads: which heads of one layer differ at the current ranks, in energy, error and the cores themselves."""

import streamlit as st

from pages.controls.rank_panel import rank_panel
from pages.frame.frame import guarded, open_page, panel_columns, show_notices
from pages.frame.toolbar import begin_screen
from pages.heads.figures import cores_picture, parts_picture, profile_picture, similarity_picture
from pages.heads.headline import headline
from pages.heads.similarity import compare_heads
from pages.work.layer_job import begin_layer, result_of_ranks

HELP = """
**Which heads of a layer are alike, and which does a compression hurt?** All heads share the same directions; a head's
private core says how it uses them. With grouped attention a **group** (one K and V head with its query heads) takes the
place of a head.

- **Ranks** come with you from *Decompose*, and go back there.
- **Click a head** in the bars, or choose it above them; every screen then shows it.
- **Order by likeness** puts heads with similar cores side by side.
- The **info** button at each figure has the formula, the numbers as CSV and the picture format.
"""


@st.fragment
@guarded
def screen() -> None:
    """Ranks on the left, four pictures on the right."""
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
        head = st.container()
        found = compare_heads(analysis, result_of_ranks(layer))
        with head:
            headline(scene, analysis, found)
        for pictures in ((profile_picture, parts_picture), (similarity_picture, cores_picture)):
            for column, picture in zip(st.columns(2, gap="small"), pictures, strict=True):
                with column:
                    picture(scene, analysis, found)
    with notices:
        show_notices()


def _outline() -> None:
    """The shape of the screen, while its numbers are on their way."""
    left, right = st.columns([5, 21], gap="medium")
    left.skeleton(height=420)
    with right:
        st.skeleton(height=60)
        for _ in range(2):
            for column in st.columns(2, gap="small"):
                column.skeleton(height=220)


open_page("heads")
screen()
