"""A scene list: scenes with titles and notes, played in order. Reads its file, which is untrusted, and writes it.

The file is JSON: `{"title": ..., "scenes": [{"title", "link", "note", "covered"}]}`. A link is that of a screen, as in
`decompose?layer=1&r1=12&r2=6&r3=4`. `note` is for the speaker. `covered` is a question that hides the scene until the
speaker reveals it. The last two may be left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

from pages.frame.navigation import DECOMPOSE, PAGES, SCENE_LISTS, START
from pages.session.links import parse_scene
from tensorllm_core.errors import RequestError

__all__ = ["LARGEST_FILE", "ListedScene", "SceneList", "link_to", "read_scene_list", "write_scene_list"]

LARGEST_FILE = 2**18
"""Bytes of a file that is read."""
_MOST_SCENES = 60
_LONGEST_TITLE, _LONGEST_COVER, _LONGEST_NOTE, _LONGEST_LINK = 120, 200, 2000, 2000
_SCREENS = PAGES.keys() - {START, SCENE_LISTS}
"""The screens that a scene may show."""
_LOOKS = ("show", "at", "rehearse", "present", "tour")
"""Parameters that playing sets, or that only lead through the app, whatever a link says."""


@dataclass(frozen=True)
class ListedScene:
    """One scene of a list: what it is called, its link, the speaker's note, and the question that covers it."""

    title: str
    link: str
    note: str = ""
    covered: str = ""

    @property
    def page(self) -> str:
        """The screen of the link; Decompose where this version has no such screen."""
        name = _screen_of(self.link)
        return name if name in _SCREENS else DECOMPOSE

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters of the link, without those that playing sets."""
        pairs = parse_qsl(_halves(self.link)[1], keep_blank_values=True)
        return {name: value for name, value in pairs if name not in _LOOKS}

    @property
    def wrong_screen(self) -> str:
        """The sentence on a screen that this version does not have; empty if it has it."""
        name = _screen_of(self.link)
        if name in _SCREENS:
            return ""
        return f"Expected the name of a screen, got `{name}`; showing Decompose instead."

    @property
    def problems(self) -> tuple[str, ...]:
        """One sentence for each thing that the link asks for and this version cannot restore."""
        sentences = parse_scene(self.parameters)[1]
        return (self.wrong_screen, *sentences) if self.wrong_screen else sentences


@dataclass(frozen=True)
class SceneList:
    """Scenes in the order in which they are played."""

    title: str
    scenes: tuple[ListedScene, ...] = field(default_factory=tuple)


def link_to(page: str, parameters: Mapping[str, str]) -> str:
    """The link of a scene, as a list holds it.

    >>> link_to("decompose", {"layer": "2", "show": "own", "at": "3"})
    'decompose?layer=2'
    """
    kept = {name: value for name, value in parameters.items() if name not in _LOOKS}
    return f"{page}?{urlencode(kept)}" if kept else page


def read_scene_list(content: bytes | str) -> SceneList:
    """The scene list in a file.

    Raises:
        RequestError: with one sentence on the first fault. What a link asks for is no fault of the list: the scene
            opens, and says what could not be restored.
    """
    if len(content) > LARGEST_FILE:
        raise RequestError(f"Expected a scene list of at most {LARGEST_FILE:,} bytes, got more; split it.")
    try:
        stored = json.loads(content)
    except (ValueError, RecursionError):
        stored = None
    if not isinstance(stored, dict):
        raise RequestError("Expected a scene list as a JSON object, got something else; choose one that the app saved.")
    scenes = stored.get("scenes")
    if not isinstance(scenes, list) or len(scenes) > _MOST_SCENES:
        got = f"{len(scenes)} scenes" if isinstance(scenes, list) else "none"
        raise RequestError(f"Expected `scenes` to be a list of at most {_MOST_SCENES}, got {got}; shorten or mend it.")
    title = _text(stored, "title", "the scene list", _LONGEST_TITLE)
    return SceneList(title, tuple(_scene(each, f"scene {number}") for number, each in enumerate(scenes, 1)))


def write_scene_list(scene_list: SceneList) -> str:
    """The text of the file; empty notes and covers are left out."""
    scenes = [
        {"title": scene.title, "link": scene.link}
        | ({"note": scene.note} if scene.note else {})
        | ({"covered": scene.covered} if scene.covered else {})
        for scene in scene_list.scenes
    ]
    return json.dumps({"title": scene_list.title, "scenes": scenes}, indent=2, ensure_ascii=False) + "\n"


def _scene(stored: Any, place: str) -> ListedScene:
    if not isinstance(stored, dict):
        raise RequestError(f"Expected {place} to be an object with `title` and `link`, got something else; mend it.")
    return ListedScene(
        title=_text(stored, "title", place, _LONGEST_TITLE),
        link=_text(stored, "link", place, _LONGEST_LINK),
        note=_text(stored, "note", place, _LONGEST_NOTE, required=False),
        covered=_text(stored, "covered", place, _LONGEST_COVER, required=False),
    )


def _text(stored: Mapping[str, Any], name: str, place: str, longest: int, *, required: bool = True) -> str:
    value = stored.get(name, "" if not required else None)
    fits = isinstance(value, str) and len(value) <= longest and all(map(_is_plain, value))
    if not fits or (required and not value.strip()):
        got = "none" if value is None else f"{len(value)} characters" if isinstance(value, str) else "something else"
        what = f"`{name}` of {place} as plain text of {int(required)} to {longest:,} characters"
        raise RequestError(f"Expected {what}, got {got}; mend it.")
    return value.strip()


def _is_plain(character: str) -> bool:
    return character.isprintable() or character in "\n\t"


def _screen_of(link: str) -> str:
    """The name of the screen in a link, also in a whole address; a bare `?layer=1` means Decompose, as at `/`."""
    return _halves(link)[0].rstrip("/").rpartition("/")[2] or DECOMPOSE


def _halves(link: str) -> tuple[str, str]:
    """The path of a link and its parameters. `urlsplit` would raise for some texts."""
    path, _, query = link.partition("#")[0].partition("?")
    return path, query
