"""A note for whoever sees the scene that opens first: what it is there to show."""

from __future__ import annotations

import streamlit as st

from pages.controls.first_scene import FIRST_SCENE, link_to_answers
from pages.session import state
from pages.session.scene import Scene

__all__ = ["first_scene_note"]

_DISMISSED = "first scene note dismissed"


def first_scene_note(scene: Scene) -> None:
    """The note, until the visitor moves on or dismisses it; not while the scene is presented."""
    first = Scene()
    moved_on = (scene.model, scene.layer, scene.layout, scene.ranks) != (
        first.model,
        first.layer,
        first.layout,
        first.ranks,
    )
    if moved_on or scene.present or state.kept(_DISMISSED):
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="first-scene-note"):
        st.markdown(FIRST_SCENE, width="stretch")
        link_to_answers()
        st.button("Dismiss", key="dismiss note", type="tertiary", on_click=state.keep, args=(_DISMISSED, True))
