"""Links from one screen to others that keep the scene."""

from __future__ import annotations

import streamlit as st

from pages.frame.navigation import PAGES
from pages.session.links import scene_parameters
from pages.session.scene import Scene

__all__ = ["page_link", "page_links"]


def page_link(page: str, label: str, icon: str, scene: Scene) -> None:
    """A link to a screen, by its name in the menu's registry, that opens this scene there."""
    st.page_link(PAGES[page].file, label=label, icon=f":material/{icon}:", query_params=scene_parameters(scene))


def page_links(scene: Scene, *links: tuple[str, str, str]) -> None:
    """Links at the right of a headline: for each the name of the screen, the label and the icon."""
    with st.container(horizontal=True, horizontal_alignment="right", gap="small", key="page-links"):
        for page, label, icon in links:
            page_link(page, label, icon, scene)
