"""Overview: what is loaded, its shapes drawn as the tensor, where its parameters sit, and what to see next."""

import pandas as pd
import streamlit as st

from pages.controls.widgets import Explanation, show
from pages.frame.frame import canvas, guarded, open_page, show_notices
from pages.frame.navigation import PAGES
from pages.frame.toolbar import begin_screen
from pages.overview.scene_cards import SCENES
from pages.session.links import scene_parameters
from tensorllm_core.figures.parameters import parameter_shares
from tensorllm_core.figures.tensor_drawing import tensor_drawing
from tensorllm_core.methods.tensorise import part_names
from tensorllm_core.models.checkpoint import Checkpoint
from tensorllm_core.runs.layer_analysis import tensor_shape, unit_name

HELP = """
**What low-rank structure hides in a transformer's attention?** Choose a model above: a bundled one, or type the path
of a folder with `config.json` and safetensors. This screen says what it holds, read from its headers alone.
**Decompose** takes one of its layers apart.
"""


@st.fragment
@guarded
def screen() -> None:
    """What the chosen model is made of, and where to go from here."""
    scene, checkpoint = begin_screen(HELP)
    show_notices()
    share = checkpoint.attention_parameters / checkpoint.parameters
    st.markdown(
        f"#### {scene.model}: {checkpoint.parameters:,} parameters in {checkpoint.layers} layers, "
        f"{share:.0%} of them attention"
    )
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _tensor(checkpoint)
    with right:
        _parameters(checkpoint)
    st.markdown("#### Worth seeing")
    rows = [SCENES[start : start + 3] for start in range(0, len(SCENES), 3)]
    places = [(column, card) for row in rows for column, card in zip(st.columns(3, gap="small"), row, strict=False)]
    for column, card in places:
        with column.container(border=True, height="stretch"):
            st.markdown(f"{card.icon} **{card.title}**")
            st.caption(card.words)
            st.space("stretch")
            st.page_link(
                PAGES[card.page].file,
                label="Open",
                icon=":material/arrow_forward:",
                query_params=scene_parameters(card.scene),
            )


def _tensor(checkpoint: Checkpoint) -> None:
    parts, shape = part_names(checkpoint.heads, checkpoint.groups), tensor_shape(checkpoint)
    unit = unit_name(shape)
    show(
        tensor_drawing(shape, parts, unit, canvas(230)),
        key="tensor of a layer",
        takeaway=(
            f"Each layer is one tensor of {shape.d_model:,} x {shape.d_head} x {shape.part} x {shape.group} = "
            f"{shape.entries:,} weights: d_model x d_head x part x {unit}"
        ),
        explanation=Explanation(
            f"One block per {unit}, one slice per projection. Tucker's decomposition gives every {unit} a small "
            "private core, and all of them the same factor matrices along the model, head-width and part modes.",
            r"W \in \mathbb{R}^{d_{\text{model}} \times d_{\text{head}} \times \text{part} \times \text{group}}",
        ),
        table=lambda: pd.DataFrame({"mode": ["model", "head width", "part", unit], "size": list(shape)}),
    )


def _parameters(checkpoint: Checkpoint) -> None:
    kinds = checkpoint.parameters_by_kind()
    largest = max(kinds, key=kinds.__getitem__)
    show(
        parameter_shares(kinds, canvas(110)),
        key="parameters by kind",
        takeaway=f"Most parameters sit in the {largest}: {kinds[largest] / checkpoint.parameters:.0%}",
        explanation=Explanation(
            "Parameters by kind, counted from the checkpoint's headers. Tied embeddings are stored, and counted, once.",
            r"\text{share} = N_{\text{kind}} / N_{\text{all}}",
        ),
        table=lambda: pd.DataFrame({"kind": list(kinds), "parameters": list(kinds.values())}),
    )
    grouped = "" if checkpoint.groups == checkpoint.heads else f" in {checkpoint.groups} groups"
    st.caption(
        f"{checkpoint.model_type} · {checkpoint.layers} layers · {checkpoint.heads} heads{grouped} · "
        f"d_model {checkpoint.d_model:,} · d_head {checkpoint.d_head} · revision {checkpoint.revision[:12]}"
    )


open_page("overview")
screen()
