"""The player of a scene list: a slim line with the scene's title, and the keys that lead from scene to scene.

The whole list is in the browser, so a key changes the title at once; the server then opens the scene in the same tab,
without loading the page anew. The speaker's window follows through the browser alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from pages.frame.navigation import SCENE_LISTS
from pages.frame.own_component import own_component
from pages.frame.own_list import sync_own_show
from pages.session import state
from pages.session.links import scene_parameters
from pages.session.scene import Scene
from pages.session.scene_list import ListedScene, SceneList
from pages.session.show_names import OWN
from pages.session.shows import parameters_at, show_of
from pages.work.prepared_scenes import prepare_scenes

__all__ = ["REHEARSED", "Move", "player"]

REHEARSED = "rehearsed"
"""Where the tab keeps what a rehearsal has measured: the name of the list, and the milliseconds of each scene."""
_PLAYER = own_component(__file__, "player")
_KEY = "player"
_LONGEST_REHEARSAL = 3600_000


@dataclass(frozen=True)
class Move:
    """Where the player leads: the name of a screen, and its parameters."""

    page: str
    parameters: Mapping[str, str]


def player(name: str) -> Move | None:
    """Draw the line of the list that is played, if one is. Returns where a key leads.

    Args:
        name: of the screen on which it is drawn.
    """
    if not st.query_params.get("show"):
        return None
    scene = state.current_scene()
    if name == SCENE_LISTS or (scene.playing.at > 0 and not scene.present):
        # Whoever goes to the lists, or leaves the presentation, has ended the list.
        return _end(scene, name)
    if scene.playing.show == OWN:
        sync_own_show()
    # One's own list may be on its way from the browser.
    scenes = show_of(scene.playing.show)
    return None if scenes is None else _play(scene, scenes, name)


def _play(scene: Scene, scenes: SceneList, name: str) -> Move | None:
    at, last = scene.playing.at, len(scenes.scenes)
    prepare_scenes(scenes, min(max(at, 1), last))
    if not 1 <= at <= last:
        return _move_to(scenes, min(max(at, 1), last), scene)
    _draw(scene, scenes)
    rehearsed, go = state.told(_KEY, "rehearsed"), state.told(_KEY, "go")
    move: Move | None = None
    if rehearsed is not None:
        state.keep(REHEARSED, (scene.playing.show, _milliseconds(rehearsed, last)))
        move = _end(scene, SCENE_LISTS)
    elif go == "end":
        move = _end(scene, name)
    elif type(go) is int and 1 <= go <= last and go != at:
        move = _move_to(scenes, go, scene)
    return move


def _draw(scene: Scene, scenes: SceneList) -> None:
    _PLAYER(
        data={
            "title": scenes.title,
            "show": scene.playing.show,
            "at": scene.playing.at,
            "rehearse": scene.playing.rehearse,
            "scenes": [{"title": each.title, "note": each.note, "covered": each.covered} for each in scenes.scenes],
        },
        key=_KEY,
        on_go_change=lambda: state.hold(_KEY, "go"),
        on_rehearsed_change=lambda: state.hold(_KEY, "rehearsed"),
    )


def _move_to(scenes: SceneList, at: int, scene: Scene) -> Move:
    listed, parameters = parameters_at(scenes, at, scene)
    _say_what_is_lost(listed)
    return Move(listed.page, parameters)


def _say_what_is_lost(listed: ListedScene) -> None:
    """What a screen cannot say of its own link: that there is no such screen. The rest it says itself."""
    if wrong_screen := listed.wrong_screen:
        state.notify([wrong_screen])


def _end(scene: Scene, name: str) -> Move:
    """The same screen and scene, no longer presented."""
    left = scene.with_fields(show="", at=0, rehearse=False, present=False)
    return Move(name, scene_parameters(left))


def _milliseconds(measured: object, count: int) -> tuple[float, ...]:
    """The times of a rehearsal as the browser sends them, which is not to be trusted."""
    times = measured if isinstance(measured, list) else []
    return tuple(float(time) for time in times[:count] if type(time) in {int, float} and 0 <= time < _LONGEST_REHEARSAL)
