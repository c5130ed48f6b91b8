"""Show: the scene lists, those that come with the app and one's own; to play, rehearse and change them."""

import streamlit as st

from pages.frame.frame import guarded, notices_above
from pages.frame.link_buttons import copy_button
from pages.frame.own_list import sync_own_show
from pages.frame.toolbar import help_popover
from pages.session import state
from pages.session.scene_list import SceneList, write_scene_list
from pages.session.show_names import OWN, show_files
from pages.session.shows import change_own_show, own_show, shipped_show
from pages.show.buttons import play_buttons, readiness, rehearsal_result
from pages.show.own_editor import open_file, own_editor
from pages.work.caches import rest_heap
from pages.work.plain_text import inert_name

HELP = """
**Show it to others, one scene after another.** A scene list holds links with titles and notes.

- **Play**: *Right* or *Page Down* goes on, *Left* or *Page Up* goes back, *R* or *Space* shows what a scene covers,
  *Escape* ends. A slider or a field that has the focus keeps its own keys.
- **Speaker window**: notes, clock and the next scene, for a second screen. It follows by itself.
- **Rehearse** plays the list by itself and names the scenes that let you wait. On the command line:
  `python -m tensorllm_core rehearse method`.
- **Record**, beside *Copy link* on every screen, adds that screen to *your own list*. It stands in your browser only.
"""
_CHOSEN = "chosen list"


@st.fragment
@guarded
def screen() -> None:
    """The lists on the left, the chosen one on the right."""
    rest_heap("start")
    state.current_scene()
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="toolbar"):
        st.space("stretch")
        copy_button()
        help_popover(HELP)
    sync_own_show()
    with notices_above():
        left, right = st.columns([2, 5], gap="large")
        with left, st.container(key="show-panel"):
            name = _choose_list()
        with right:
            _show_list(name, own_show().scenes if name == OWN else shipped_show(name))


def _choose_list() -> str:
    names = [*show_files(), OWN]
    lists = {name: shipped_show(name) for name in show_files()} | {OWN: own_show().scenes}
    chosen = state.kept(_CHOSEN)
    key = "list widget"
    st.radio(
        "Scene lists",
        names,
        key=state.seed(key, chosen if chosen in names else names[0]),
        format_func=lambda name: inert_name(lists[name].title) + (" (yours)" if name == OWN else ""),
        captions=[_count(lists[name]) for name in names],
        on_change=lambda: state.keep(_CHOSEN, state.widget_value(key)),
    )
    return str(state.widget_value(key))


def _count(scenes: SceneList) -> str:
    count = len(scenes.scenes)
    return f"{count} scene{'s' if count != 1 else ''}"


def _show_list(name: str, scenes: SceneList) -> None:
    if name == OWN:
        open_file()
    if not scenes.scenes:
        st.info(
            "Your list is empty. Press **Record**, beside *Copy link*, on any screen that you want to show; open a "
            "file; or copy one of the other lists and change it.",
            icon=":material/playlist_add:",
        )
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="list-actions"):
        play_buttons(name)
        st.download_button(
            "Download",
            write_scene_list(scenes),
            file_name=f"{name}-scenes.json",
            mime="application/json",
            icon=":material/download:",
            on_click="ignore",
            help="The list as a small JSON file, to open elsewhere",
        )
        if name != OWN:
            st.button(
                "Copy to mine",
                icon=":material/content_copy:",
                on_click=_copy,
                args=(scenes,),
                help="Add these scenes to your own list, to change them there",
            )
    readiness(scenes)
    rehearsal_result(name, scenes)
    own_editor(scenes, can_change=name == OWN)


def _copy(scenes: SceneList) -> None:
    own = own_show().scenes
    change_own_show(SceneList(own.title if own.scenes else scenes.title, (*own.scenes, *scenes.scenes)))
    state.keep(_CHOSEN, OWN)


screen()
