"""Overview: what the chosen model is made of, where its parameters are, and examples to open next."""

import pandas as pd
import streamlit as st

from pages.controls.page_links import page_link
from pages.controls.widgets import Explanation, show
from pages.frame.frame import canvas, guarded
from pages.frame.stage import is_presenting
from pages.frame.toolbar import screen_frame
from pages.overview.scene_cards import SCENES, SceneCard
from pages.session.scene import Scene
from pages.work.plain_text import inert_name
from tensorllm_core.figures.parameters import parameter_shares
from tensorllm_core.figures.tensor_drawing import tensor_drawing
from tensorllm_core.methods.tensorise import part_names
from tensorllm_core.models.checkpoint import Checkpoint
from tensorllm_core.models.local_paths import last_part
from tensorllm_core.runs.layer_analysis import tensor_shape

HELP = """
**What low-rank structure is there in the attention of a transformer?** Choose a model above: a bundled one, or type
the path of a folder with `config.json` and safetensors files or of a GGUF file, or a hub id. This screen says what the
model is made of.
It reads only the headers of the files. **Decompose** then decomposes one of its layers.
"""


@st.fragment
@guarded
def screen() -> None:
    """The model above, examples below."""
    with screen_frame(HELP) as (scene, checkpoint):
        _model(scene, checkpoint)
        _examples()


def _model(scene: Scene, checkpoint: Checkpoint) -> None:
    """What the chosen model is made of."""
    share, name = checkpoint.attention_parameters / checkpoint.parameters, last_part(scene.model)
    with_attention = f" ({len(checkpoint.attention_layers)} with attention)" if checkpoint.other_layers else ""
    st.markdown(
        f"#### {inert_name(name)}: {checkpoint.parameters:,} parameters in {checkpoint.layers} layers{with_attention}, "
        f"{share:.0%} of them attention",
        help=inert_name(scene.model) if name != scene.model else None,
    )
    # Presented, both are drawn over the whole width.
    left, right = (st.container(), st.container()) if is_presenting() else st.columns([3, 2], gap="medium")
    with left:
        _tensor(checkpoint)
    with right:
        _parameters(checkpoint)


def _examples() -> None:
    """Cards, three in a row, that open a screen with a scene worth seeing; at the desk alone."""
    if is_presenting():
        return
    st.markdown("#### Worth seeing")
    for start in range(0, len(SCENES), 3):
        for column, card in zip(st.columns(3, gap="small"), SCENES[start : start + 3], strict=False):
            with column.container(border=True, height="stretch"):
                _card(card)


def _card(card: SceneCard) -> None:
    st.markdown(f"{card.icon} **{card.title}**")
    st.caption(card.words)
    st.space("stretch")
    page_link(card.page, "Open", "arrow_forward", card.scene)


def _tensor(checkpoint: Checkpoint) -> None:
    parts, shape = part_names(checkpoint.heads, checkpoint.groups), tensor_shape(checkpoint)
    unit = shape.unit
    show(
        tensor_drawing(shape, parts, unit, canvas(230)),
        key="tensor of a layer",
        takeaway=(
            "Each layer's attention is one tensor of "
            f"{shape.d_model:,} x {shape.d_head} x {shape.part} x {shape.group} = {shape.entries:,} weights: "
            f"d_model x d_head x part x {unit}"
        ),
        explanation=Explanation(
            f"Each block is one {unit}, each slice in it one projection. The Tucker decomposition gives every {unit} "
            f"a small core of its own. The factor matrices of the model, head-width and part modes are shared by all "
            f"{unit}s.",
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
        takeaway=f"Largest share of the parameters: {largest}, {kinds[largest] / checkpoint.parameters:.0%}",
        explanation=Explanation(
            "The parameters by kind, counted from the headers of the model's files. Tied embeddings count once.",
            r"\text{share} = N_{\text{kind}} / N_{\text{all}}",
        ),
        table=lambda: pd.DataFrame({"kind": list(kinds), "parameters": list(kinds.values())}),
    )
    grouped = "" if checkpoint.groups == checkpoint.heads else f" in {checkpoint.groups} groups"
    st.caption(
        f"{inert_name(checkpoint.model_type)} · {checkpoint.layers} layers · {checkpoint.heads} heads{grouped} · "
        f"d_model {checkpoint.d_model:,} · d_head {checkpoint.d_head} · revision {inert_name(checkpoint.revision[:12])}"
    )


screen()
