"""The scenes of a list, one below the other; those of one's own list can be changed, moved and removed."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from pages.frame.navigation import PAGES
from pages.session import state
from pages.session.scene_list import LARGEST_FILE, ListedScene, SceneList, read_scene_list, write_scene_list
from pages.session.shows import change_own_show, own_show
from pages.work.plain_text import inert_name
from tensorllm_core.errors import RequestError

__all__ = ["open_file", "own_editor"]

_BEFORE = "own list before a file"
_FIELDS = {
    "title": "Title",
    "note": "Speaker's note",
    "covered": "Covered by the question (empty: shown at once)",
    "link": "Link",
}


def open_file() -> None:
    """A button that opens a file of scenes as one's own list, and one that brings the list before it back."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        with st.popover("Open a file", icon=":material/upload_file:", key="open list"):
            key = "list file"
            st.file_uploader(
                "A scene list (JSON)", type="json", key=key, on_change=_take_file, args=(key,), max_upload_size=1
            )
        if state.kept(_BEFORE) is not None:
            st.button("Bring back my list", icon=":material/undo:", on_click=_bring_back)


def own_editor(scenes: SceneList, *, can_change: bool) -> None:
    """Every scene with its note, and a link that opens it."""
    if can_change:
        key = state.seed("list title", scenes.title)
        st.text_input("Title of the list", max_chars=120, key=key, on_change=_take_title, args=(key,))
    for number, scene in enumerate(scenes.scenes, 1):
        with st.container(border=True):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.markdown(f"**{number}. {inert_name(scene.title)}**", width="stretch")
                if can_change:
                    _buttons(number, len(scenes.scenes))
                file, icon = PAGES[scene.page].file, ":material/arrow_forward:"
                st.page_link(file, label="Open", icon=icon, query_params=scene.parameters)
            # Always a container each: what stands below keeps its place, and the focus, when words come or go.
            with st.container():
                if scene.covered:
                    st.caption(f"Covered: {inert_name(scene.covered)}")
            with st.container():
                if scene.note:
                    st.caption(inert_name(scene.note))
            if can_change:
                _fields(number, scene)


def _buttons(number: int, count: int) -> None:
    for label, icon, to, disabled in (
        ("Earlier", "arrow_upward", number - 1, number == 1),
        ("Later", "arrow_downward", number + 1, number == count),
        ("Remove", "delete", 0, False),
    ):
        st.button(
            f"{label}: scene {number}",
            icon=f":material/{icon}:",
            key=f"{label.lower()}-scene-{number}",
            type="tertiary",
            help=label,
            on_click=_move,
            args=(number, to),
            disabled=disabled,
        )


def _fields(number: int, scene: ListedScene) -> None:
    with st.expander("Change", key=f"change scene {number}"):
        for name, label in _FIELDS.items():
            key = state.seed(f"{name} of scene {number}", getattr(scene, name))
            field = st.text_area if name == "note" else st.text_input
            field(label, key=key, on_change=_take_field, args=(key, number, name))


def _take_field(key: str, number: int, name: str) -> None:
    scenes = list(own_show().scenes.scenes)
    scenes[number - 1] = replace(scenes[number - 1], **{name: state.widget_value(key) or ""})
    _put(replace(own_show().scenes, scenes=tuple(scenes)))


def _take_title(key: str) -> None:
    _put(replace(own_show().scenes, title=state.widget_value(key) or ""))


def _put(scenes: SceneList) -> None:
    """Keep a changed list; what is typed is held to the same rules as a file."""
    try:
        change_own_show(read_scene_list(write_scene_list(scenes)))
    except RequestError as error:
        state.refuse(str(error))


def _move(number: int, to: int) -> None:
    """Move a scene to another place, counted from 1; 0 removes it."""
    scenes = list(own_show().scenes.scenes)
    moved = scenes.pop(number - 1)
    if to > 0:
        scenes.insert(to - 1, moved)
    change_own_show(replace(own_show().scenes, scenes=tuple(scenes)))


def _take_file(key: str) -> None:
    file = state.widget_value(key)
    if file is None:
        return
    try:
        scenes = read_scene_list(file.getvalue()[: LARGEST_FILE + 1])
    except RequestError as error:
        state.refuse(str(error))
        return
    if own_show().scenes.scenes:
        state.keep(_BEFORE, own_show().scenes)
    change_own_show(scenes)


def _bring_back() -> None:
    change_own_show(state.kept(_BEFORE))
    state.keep(_BEFORE, None)
