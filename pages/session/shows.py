"""The scene lists that can be played: those that come with the app, and the visitor's own.

A visitor's own list stands in their browser. This tab has a copy of it, with the number of its latest change: of two
copies, the one with the higher number holds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

from pages.session import state
from pages.session.scene import Scene
from pages.session.scene_list import ListedScene, SceneList, read_scene_list
from pages.session.show_names import OWN, show_files
from tensorllm_core.errors import RequestError
from tensorllm_core.storage.regular import read_regular

__all__ = ["OwnShow", "change_own_show", "own_show", "parameters_at", "shipped_show", "show_of", "take_own_show"]

_OWN_SHOW = "own show"
NEW_TITLE = "My scenes"


@dataclass(frozen=True)
class OwnShow:
    """The visitor's own list as this tab knows it, and the number of its latest change; 0 before it is known."""

    scenes: SceneList
    change: int = 0


def show_of(name: str) -> SceneList | None:
    """The list of this name; None for one that does not exist, and for an empty list of one's own."""
    if name == OWN:
        return own_show().scenes if own_show().scenes.scenes else None
    return shipped_show(name) if name in show_files() else None


@cache
def shipped_show(name: str) -> SceneList:
    """A list that comes with the app."""
    return read_scene_list(read_regular(show_files()[name]))


def parameters_at(scenes: SceneList, at: int, before: Scene) -> tuple[ListedScene, dict[str, str]]:
    """A scene of a list, counted from 1, and the parameters with which its screen shows it.

    Args:
        before: the scene before, whose list and device stay.
    """
    listed = scenes.scenes[at - 1]
    playing = {"show": before.playing.show, "at": f"{at}", "present": "1"}
    own = playing | ({"rehearse": "1"} if before.playing.rehearse else {})
    kept = {"device": before.device} if before.device != Scene().device else {}
    return listed, kept | listed.parameters | own


def own_show() -> OwnShow:
    """The visitor's own list, as far as this tab knows it."""
    return state.kept(_OWN_SHOW) or OwnShow(SceneList(NEW_TITLE))


def change_own_show(scenes: SceneList) -> None:
    """Put another list in place of the visitor's own; their browser keeps it."""
    state.keep(_OWN_SHOW, OwnShow(scenes, own_show().change + 1))


def take_own_show(text: str, change: int) -> None:
    """Take over what the visitor's browser holds, unless this tab has changed it since.

    Raises:
        RequestError: as `read_scene_list`.
    """
    if change <= own_show().change:
        return
    try:
        scenes = read_scene_list(text)
    except RequestError:
        # Noted, so that the browser need not send it again, and the next change replaces it.
        state.keep(_OWN_SHOW, replace(own_show(), change=change))
        raise
    state.keep(_OWN_SHOW, OwnShow(scenes, change))
