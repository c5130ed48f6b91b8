"""Which model, layer and layout is looked at; the link, presenting, help."""

from __future__ import annotations

import streamlit as st

from pages.frame.device_popover import device_popover
from pages.frame.frame import enlarge_when_presenting
from pages.session import state
from pages.session.checked_scene import checked_scene
from pages.session.scene import Scene
from pages.work.caches import rest_heap
from tensorllm_core.models.bundled_models import BUNDLED
from tensorllm_core.models.checkpoint import Checkpoint
from tensorllm_core.types import Layout

__all__ = ["begin_screen", "copy_link", "help_popover", "link_and_present"]

_LAYOUTS = {Layout.PAPER: "layout: paper", Layout.RELEASED_CODE: "layout: released code"}


_COPY_LINK = st.components.v2.component(
    "copy_link",
    html="<button type='button' title='Copy a link that restores this scene'></button>",
    css="""
button {
  font: inherit; font-size: 0.875rem; cursor: pointer; height: 2.5rem; padding: 0 0.75rem; white-space: nowrap;
  color: var(--st-text-color); background: var(--st-background-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius);
}
button:hover, button:focus-visible { color: var(--st-primary-color); border-color: var(--st-primary-color); }
""",
    js="""
export default function ({ parentElement }) {
  const button = parentElement.querySelector("button")
  const rest = "Copy link"
  if (!button.textContent) button.textContent = rest
  button.onclick = async () => {
    const link = window.location.href
    try {
      await navigator.clipboard.writeText(link)
      button.textContent = "Copied"
    } catch {
      window.prompt("Copy this link:", link)
    }
    setTimeout(() => { button.textContent = rest }, 1500)
  }
}
""",
)


def begin_screen(help_text: str) -> tuple[Scene, Checkpoint]:
    """The scene as its model allows it, under the row of controls that all screens share."""
    rest_heap("start")
    scene, checkpoint = checked_scene(state.current_scene())
    _toolbar(scene, checkpoint, help_text)
    return scene, checkpoint


def copy_link() -> None:
    """A button that copies the address, which restores the scene."""
    _COPY_LINK(key="copy link", width="content")


def link_and_present(scene: Scene) -> None:
    """Copy the link; larger type for a projector, or back."""
    copy_link()
    st.button(
        "Leave" if scene.present else "Present",
        icon=":material/co_present:",
        on_click=lambda: state.change(present=not scene.present),
        help="Larger type, for a projector",
    )


def help_popover(words: str) -> None:
    """How the screen works, in Markdown."""
    with st.popover("", icon=":material/help:", help="How this screen works"):
        st.markdown(words)


def _toolbar(scene: Scene, checkpoint: Checkpoint, help_text: str) -> None:
    enlarge_when_presenting()
    sharing = checkpoint.sizes.sharing(scene.layer)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="toolbar"):
        names = [*BUNDLED, *([scene.model] if scene.model not in BUNDLED else [])]
        st.selectbox(
            "Model",
            names,
            key=state.seed("model widget", scene.model),
            on_change=_take_model,
            label_visibility="collapsed",
            accept_new_options=True,
            # Larger type leaves less room: all of the bar stays in one line at 1280 pixels.
            width=220 if scene.present else 270,
            help="A bundled model, a folder with config.json and safetensors, or a hub id: owner/name@revision",
        )
        _layer(scene, checkpoint)
        st.selectbox(
            "Layout",
            list(Layout),
            key=state.seed("layout widget", scene.layout),
            format_func=_LAYOUTS.__getitem__,
            on_change=state.take,
            args=("layout widget", "layout"),
            label_visibility="collapsed",
            width=180 if scene.present else 200,
            help="How matrices are cut into heads: as the paper's equations say, or as the authors' program does",
        )
        st.space("stretch")
        link_and_present(scene)
        device_popover(scene, checkpoint)
        help_popover(help_text)
    if len(sharing) > 1:
        others = f"{sharing[0]} to {sharing[-1]}"
        st.caption(f"Layers {others} of this model share their weights: an edit of one edits them all.")


def _layer(scene: Scene, checkpoint: Checkpoint) -> None:
    last = checkpoint.layers - 1
    st.button(
        "",
        icon=":material/chevron_left:",
        key="previous layer",
        on_click=_step_layer,
        args=(-1, last),
        disabled=scene.layer == 0,
        shortcut="Alt+PageUp",
        help="Previous layer",
    )
    st.selectbox(
        "Layer",
        range(checkpoint.layers),
        key=state.seed(f"layer widget {last}", scene.layer),
        format_func=lambda layer: f"layer {layer}" if scene.present else f"layer {layer} (0 to {last})",
        on_change=state.take,
        args=(f"layer widget {last}", "layer"),
        label_visibility="collapsed",
        width=130 if scene.present else 150,
    )
    st.button(
        "",
        icon=":material/chevron_right:",
        key="next layer",
        on_click=_step_layer,
        args=(1, last),
        disabled=scene.layer == last,
        shortcut="Alt+PageDown",
        help="Next layer",
    )


def _step_layer(step: int, last: int) -> None:
    # From the scene as it is when the press arrives: several may come before one screen is drawn.
    state.change(layer=min(max(state.current_scene().layer + step, 0), last))


def _take_model() -> None:
    model = state.widget_value("model widget")
    if model and model.strip():
        # Other shapes want other ranks: start from the new model's own hint.
        state.change(model=model.strip(), r1=None, r2=None, r3=None, group=0)
