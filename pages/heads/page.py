"""Heads: how the heads of one layer differ at the current ranks, in energy, error and their cores."""

import streamlit as st

from pages.controls.figure_grid import figure_grid, outline_of_grid
from pages.controls.page_links import page_links
from pages.controls.rank_panel import rank_panel_column
from pages.frame.frame import guarded
from pages.frame.layer_screen import show_layer_screen
from pages.frame.loading import outline_of_panel
from pages.heads.figures import cores_picture, parts_picture, profile_picture, similarity_picture
from pages.heads.headline import headline
from pages.heads.live import live_heads
from pages.heads.query_heads import query_heads_picture
from pages.heads.similarity import compare_heads
from pages.instrument.face import send_layer
from pages.work.layer_job import ShownLayer, follow_layer, result_of_ranks
from tensorllm_core.models.checkpoint import Checkpoint

HELP = """
**Which heads of a layer are similar, and which lose most?** All heads share the same directions; the core of a head
says how it uses them. In models with grouped attention, a **group** (one K and one V head with their query heads) takes
the place of a head.

- **Ranks** are the same here as on *Decompose*. While you move one, all figures follow.
- **Click a bar or a cell** to choose its head, or choose it in the list. Every screen then shows this head.
- **By similarity** sorts the heads, so that those with similar cores are side by side.
"""


@st.fragment
@guarded
def screen() -> None:
    """Everything in one fragment: a slider redraws the figures, not the frame around them."""
    show_layer_screen(HELP, _draw, _outline)


def _draw(layer: ShownLayer, _checkpoint: Checkpoint) -> None:
    """The live figures, or the plain ones."""
    if layer.scene.plain:
        _draw_plainly(layer)
        return
    send_layer("heads", layer.analysis)
    _follow(layer)


@st.fragment
@guarded
def _follow(layer: ShownLayer) -> None:
    """A fragment in the fragment: what the hand releases runs this alone, and the layer is not sent again."""
    layer = follow_layer(layer)
    live_heads(layer, result_of_ranks(layer))
    page_links(layer.scene, ("decompose", "Decompose", "view_in_ar"), ("layers", "All layers", "layers"))


def _draw_plainly(layer: ShownLayer) -> None:
    """Ranks on the left, four figures on the right, all drawn on the server."""
    scene, analysis = layer.scene, layer.analysis
    with rank_panel_column(layer):
        top = st.container()
        heads = compare_heads(analysis, result_of_ranks(layer))
        with top:
            headline(scene, analysis, heads)
        # With one group there is no other to compare it with: its query heads are compared instead.
        alike = similarity_picture if len(heads.energy) > 1 else query_heads_picture
        rows = ((profile_picture, parts_picture), (alike, cores_picture))
        figure_grid(rows, scene, analysis, heads)


def _outline() -> None:
    """The outline of the screen, while the layer is decomposed."""
    with outline_of_panel():
        outline_of_grid()


screen()
