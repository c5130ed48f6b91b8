"""The row of controls at the top of a screen: model, layer, layout, link, presenting, device, help."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st

from pages.frame.device_popover import device_popover
from pages.frame.frame import notices_above
from pages.frame.glossary import list_of_words
from pages.frame.link_buttons import link_buttons
from pages.frame.stage import set_stage
from pages.frame.stage_line import shown, stage_line
from pages.session import state
from pages.session.checked_scene import checked_scene
from pages.session.scene import Scene
from pages.work.caches import rest_heap
from pages.work.plain_text import inert
from tensorllm_core.models.bundled_models import BUNDLED
from tensorllm_core.models.checkpoint import Checkpoint
from tensorllm_core.models.layers import numbers_text
from tensorllm_core.types import Layout

__all__ = ["begin_plain_screen", "begin_screen", "help_popover", "screen_frame"]

_LAYOUTS = {Layout.PAPER: "layout: paper", Layout.RELEASED_CODE: "layout: released code"}
_HELP_OF_ALL = """
- The **info** button at each figure explains it, and has the formula, the numbers and downloads.
- A word **underlined with dots** says what it means when the pointer rests on it, or when it is touched.
- **Present** is for a projector; *Escape* leaves it. **F** shows one figure on the whole screen, there and here.
- **Copy link** copies the address of this screen with all its settings. **Record** makes it a scene of your own list,
  which *Show* plays.
"""


def begin_screen(help_text: str) -> tuple[Scene, Checkpoint]:
    """Draw the row of controls. Returns the scene, made to fit its model, and the opened model."""
    rest_heap("start")
    scene, checkpoint = checked_scene(state.current_scene())
    _toolbar(scene, checkpoint, help_text)
    return scene, checkpoint


@contextmanager
def screen_frame(help_text: str) -> Iterator[tuple[Scene, Checkpoint]]:
    """Draw the row of controls, and the notices above what the `with` block draws.

    Yields the scene, made to fit its model, and the opened model.
    """
    scene, checkpoint = begin_screen(help_text)
    with notices_above():
        yield scene, checkpoint


def begin_plain_screen(scene: Scene, title: str, help_text: str, controls: Callable[[], None] | None = None) -> None:
    """Draw the row of controls of a screen that needs no open model; `title` is what is shown when it is presented."""
    set_stage(scene)
    if scene.present:
        stage_line(f"**{title}**", leave_stage)
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="toolbar"):
        if controls:
            controls()
        st.space("stretch")
        link_and_present()
        help_popover(help_text)


def link_and_present() -> None:
    """Buttons: copy the link, record the screen, and present it."""
    link_buttons()
    st.button(
        "Present",
        icon=":material/co_present:",
        on_click=lambda: state.change(present=True),
        help="For a projector: larger type, fewer controls, figures that fill the window",
    )


def leave_stage() -> None:
    """Leave the presentation, and the list that is played; a callback."""
    state.change(present=False, show="", at=0, rehearse=False)


def help_popover(words: str) -> None:
    """A button that opens the help: what is special to the screen, in Markdown, then what holds for all screens."""
    with st.popover("Help", icon=":material/help:", help="How this screen works", key="help popover"):
        st.markdown(words)
        st.markdown(_HELP_OF_ALL)
        with st.expander("Words", icon=":material/menu_book:"):
            st.markdown(list_of_words())


def _toolbar(scene: Scene, checkpoint: Checkpoint, help_text: str) -> None:
    set_stage(scene)
    if scene.present:
        words, note = shown(scene, checkpoint)
        stage_line(words, leave_stage, lambda: _step_buttons(scene, checkpoint.attention_layers), note)
        return
    same_weights = checkpoint.sizes.sharing(scene.layer)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="toolbar"):
        names = [*BUNDLED, *([scene.model] if scene.model not in BUNDLED else [])]
        st.selectbox(
            "Model",
            names,
            key=state.seed("model widget", scene.model),
            on_change=_take_model,
            label_visibility="collapsed",
            accept_new_options=True,
            width=270,
            help="A bundled model, a folder with config.json and safetensors files, a .gguf file, or a hub id: "
            "owner/name@revision",
        )
        _layer(scene, checkpoint)
        st.selectbox(
            "Layout",
            list(Layout),
            **state.bound("layout", scene.layout),
            format_func=_LAYOUTS.__getitem__,
            label_visibility="collapsed",
            width=200,
            help="How the weights are cut into heads: as in the paper's equations, or as in the authors' program",
        )
        st.space("stretch")
        link_and_present()
        device_popover(scene, checkpoint)
        help_popover(help_text)
    for notice in checkpoint.notices:
        st.caption(inert(notice))
    if len(same_weights) > 1:
        first, last = same_weights[0], same_weights[-1]
        st.caption(f"Layers {first} to {last} of this model have the same weights: editing one of them edits them all.")
    if others := checkpoint.other_layers:
        st.caption(
            f"No attention in {'layers' if len(others) > 1 else 'layer'} {numbers_text(others)} of this model: "
            f"{checkpoint.family.without_attention}, which stay as they are."
        )


def _layer(scene: Scene, checkpoint: Checkpoint) -> None:
    layers, last = checkpoint.attention_layers, checkpoint.layers - 1
    _step_button(scene, layers, -1)
    st.selectbox(
        "Layer",
        layers,
        **state.bound("layer", scene.layer, f"layer widget {last}"),
        format_func=lambda layer: f"layer {layer} (0 to {last})",
        label_visibility="collapsed",
        width=150,
    )
    _step_button(scene, layers, 1)


def _step_buttons(scene: Scene, layers: tuple[int, ...]) -> None:
    for step in (-1, 1):
        _step_button(scene, layers, step)


def _step_button(scene: Scene, layers: tuple[int, ...], step: int) -> None:
    name = "Next layer" if step > 0 else "Previous layer"
    st.button(
        name,
        icon=f":material/chevron_{'right' if step > 0 else 'left'}:",
        key=name.lower(),
        on_click=_step_layer,
        args=(step, layers),
        disabled=scene.layer == layers[-1 if step > 0 else 0],
        shortcut="Alt+PageDown" if step > 0 else "Alt+PageUp",
        help=name,
    )


def _step_layer(step: int, layers: tuple[int, ...]) -> None:
    # From the scene of this moment: several presses may arrive before the screen is drawn once.
    place = layers.index(state.current_scene().layer) + step
    state.change(layer=layers[min(max(place, 0), len(layers) - 1)])


def _take_model() -> None:
    model = (state.widget_value("model widget") or "").strip()
    # A model of another shape needs other ranks: start from those suggested for the new model. An emptied box keeps
    # the model, and drops the notice about the text that stood there.
    state.change(**({"model": model, "r1": None, "r2": None, "r3": None, "group": 0} if model else {}))
