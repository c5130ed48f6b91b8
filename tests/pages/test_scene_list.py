"""A scene list is untrusted text: what is wrong with it is said in one sentence, and what is right is played."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from pages.frame.navigation import PAGES
from pages.session.scene_list import ListedScene, SceneList, link_to, read_scene_list, write_scene_list
from pages.session.show_names import show_files
from pages.session.shows import shipped_show
from pages.work.plain_text import inert, inert_name
from tensorllm_core.errors import RequestError
from tests.pages.hostile import HOSTILE, alive

SCENE = {"title": "A", "link": "decompose?layer=2&r1=12&r2=6&r3=4"}


def listed(*scenes: Any, **values: Any) -> str:
    return json.dumps({"title": "T", "scenes": list(scenes)} | values)


def test_a_list_is_read_with_the_screen_and_the_parameters_of_each_scene() -> None:
    read = read_scene_list(listed(SCENE | {"note": "Say\nthis.", "covered": "Why?", "later": 1}))
    (scene,) = read.scenes
    assert (read.title, scene.title, scene.note, scene.covered) == ("T", "A", "Say\nthis.", "Why?")
    assert (scene.page, scene.parameters) == ("decompose", {"layer": "2", "r1": "12", "r2": "6", "r3": "4"})
    assert scene.problems == ()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "JSON object"),
        ("[]", "JSON object"),
        ("[" * 100_000, "JSON object"),
        (b"\xff\xfe\x00", "JSON object"),
        ('{"title": "T"}', "`scenes`"),
        (listed(scenes={}), "`scenes`"),
        (listed(*[SCENE] * 61), "got 61 scenes"),
        (listed(title=3), "`title` of the scene list"),
        (listed(title=" "), "`title` of the scene list"),
        (listed(SCENE, "x"), "scene 2"),
        (listed(SCENE | {"title": "x" * 121}), "`title` of scene 1"),
        (listed(SCENE | {"title": "a\u202eb"}), "`title` of scene 1"),
        (listed({"title": "A"}), "`link` of scene 1"),
        (listed(SCENE | {"link": "x" * 2001}), "`link` of scene 1"),
        (listed(SCENE | {"note": ["x"]}), "`note` of scene 1"),
        (listed(SCENE | {"note": "\x1b[2J"}), "`note` of scene 1"),
        (listed(SCENE | {"covered": True}), "`covered` of scene 1"),
        (listed(note="x" * 2**18), "bytes"),
    ],
)
def test_a_fault_is_named_in_one_sentence(text: str | bytes, fault: str) -> None:
    with pytest.raises(RequestError, match=r"^Expected [^\n]*\.$") as raised:
        read_scene_list(text)
    assert fault in str(raised.value)


@given(
    some.recursive(
        some.none() | some.integers() | some.text(),
        lambda inner: (
            some.lists(inner)
            | some.dictionaries(some.sampled_from(["title", "scenes", "link", "note", "covered"]), inner)
        ),
    )
)
def test_any_json_is_a_list_or_a_sentence(value: Any) -> None:
    with contextlib.suppress(RequestError):
        assert all(scene.page in PAGES for scene in read_scene_list(json.dumps(value)).scenes)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_list_is_alive_where_it_is_shown(text: str) -> None:
    for field in ("title", "note", "covered", "link"):
        with contextlib.suppress(RequestError):
            (scene,) = read_scene_list(listed(SCENE | {field: text})).scenes
            assert [word for word in scene.problems if alive(inert(word))] == []
            assert alive(inert_name(scene.title)) == alive(inert_name(scene.note)) == []


def test_what_another_version_could_do_is_said_when_the_scene_opens() -> None:
    later = ListedScene("A", "sweep?layer=1&colour=red&tab=Sweep")
    assert later.page == "decompose"
    screen, tab, unknown = later.problems
    assert "got `sweep`" in screen
    assert "`tab`" in tab
    assert "`colour`" in unknown


def test_a_link_is_read_from_a_whole_address_and_loses_what_playing_sets() -> None:
    scene = ListedScene("A", "http://[x:1/app/heads?layer=2&show=own&at=3&present=1&rehearse=1#top")
    assert (scene.page, scene.parameters) == ("heads", {"layer": "2"})
    assert ListedScene("A", "?layer=2").page == "decompose"
    assert link_to("heads", {"layer": "2", "at": "1"}) == "heads?layer=2"
    for screen in ("start", "show", "speaker", ""):
        assert ListedScene("A", screen).page == "decompose"


def test_a_list_survives_its_file() -> None:
    scenes = SceneList("É ", (ListedScene("A", "heads"), ListedScene("B", "decompose?layer=2", "note\nmore", "Why?")))
    assert read_scene_list(write_scene_list(scenes)) == SceneList("É", scenes.scenes)


@pytest.mark.parametrize("name", show_files())
def test_a_list_that_comes_with_the_app_can_be_restored_whole(name: str) -> None:
    scenes = shipped_show(name).scenes
    assert 6 <= len(scenes) <= 9
    assert [scene.title for scene in scenes if scene.problems] == []
    assert [scene.title for scene in scenes if not scene.note] == []
    assert write_scene_list(shipped_show(name)) == show_files()[name].read_text(encoding="utf-8")


def test_three_lists_come_with_the_app() -> None:
    assert list(show_files()) == ["method", "svd-to-tucker", "healed"]
