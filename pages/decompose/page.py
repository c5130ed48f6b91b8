"""Decompose: choose a layer and ranks, and see the error, the compression ratio, the spectra and the cores."""

import streamlit as st

from pages.controls.rank_panel import rank_panel_column
from pages.decompose.figures import cores_picture, landscape_picture, spectra_picture
from pages.decompose.first_scene_note import first_scene_note
from pages.decompose.headline import headline
from pages.decompose.tabs import details
from pages.frame.frame import guarded
from pages.frame.layer_screen import show_layer_screen
from pages.frame.loading import outline_of_panel
from pages.instrument.face import instrument, send_layer
from pages.work.layer_job import ShownLayer, follow_layer, result_of_ranks
from tensorllm_core.models.checkpoint import Checkpoint

HELP = """
**Choose ranks and see what is lost.** The four projections Q, K, V, O of all heads of a layer form one tensor,
`d_model x d_head x part x head`. It is decomposed into three factor matrices, which all heads share, and one small
core for each head. The ranks say how many directions each mode keeps.

- **Model**: choose a bundled one, or type the path of a folder or a GGUF file, or a hub id.
- **Ranks**: move a slider or type a number. Or set the error or the compression ratio, and the best ranks are used.
- **Refine** improves the truncated HOSVD (higher-order SVD) in sweeps over its factors (HOOI). The range above the
  error says how low it could still get.
- **Keyboard**: Tab to a slider, then the arrow keys; `Alt+PageUp` and `Alt+PageDown` change the layer.
"""


@st.fragment
@guarded
def screen() -> None:
    """Everything in one fragment: a change redraws the figures, not the frame around them."""
    show_layer_screen(HELP, _draw, _outline)


def _draw(layer: ShownLayer, checkpoint: Checkpoint) -> None:
    """The live instrument, or the plain figures; the tabs below."""
    if layer.scene.plain:
        _draw_plainly(layer)
        return
    send_layer("decompose", layer.analysis)
    _follow(layer, checkpoint)


@st.fragment
@guarded
def _follow(layer: ShownLayer, checkpoint: Checkpoint) -> None:
    """A fragment in the fragment: what the hand releases runs this alone, and the layer is not sent again."""
    layer = follow_layer(layer)
    result = result_of_ranks(layer)
    instrument(layer, result)
    # Below the figures: it leaves when the ranks change, and nothing under the hand may move then.
    with st.container():
        first_scene_note(layer.scene)
    details(layer.scene, layer.analysis, result)


def _draw_plainly(layer: ShownLayer) -> None:
    """Ranks on the left, figures and tabs on the right, all drawn on the server."""
    scene, analysis = layer.scene, layer.analysis
    with rank_panel_column(layer, below=first_scene_note):
        top = st.container(gap="small")
        result = result_of_ranks(layer)
        with top:
            headline(analysis, result)
        middle, side = st.columns([6, 5], gap="small")
        with middle:
            landscape_picture(analysis, result)
        with side:
            spectra_picture(analysis, result)
        cores_picture(scene, analysis, result)
        details(scene, analysis, result)


def _outline() -> None:
    """The outline of the screen, while the layer is decomposed."""
    with outline_of_panel():
        st.skeleton(height=110)
        for column in st.columns([6, 5], gap="small"):
            column.skeleton(height=290)
        st.skeleton(height=160)


screen()
