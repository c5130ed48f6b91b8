"""The Show screen and the player: lists are shown, changed and played; what their scenes need is computed ahead."""

from __future__ import annotations

import json
import re

import pytest

from pages.frame.player import _milliseconds
from pages.session import state
from pages.session.scene import Scene
from pages.session.scene_list import ListedScene, SceneList
from pages.session.shows import OwnShow, change_own_show, own_show, parameters_at, show_of, take_own_show
from pages.work.ahead import SWITCH, Need
from pages.work.caches import job_board, layer_cache, prepared_runs
from pages.work.prepared_scenes import needs_of
from pages.work.report import Report
from tensorllm_core.errors import RequestError
from tests.pages.hostile import HOSTILE, alive, markdown_of
from tests.pages.test_ahead import WorldAhead
from tests.pages.visits import drawn, sentences, visit

UNHEARD = Report(lambda share, message: True, lambda partial: None)
ASKED = {"sample": "3", "controls": "0", "benchmark": "world-hop"}


@pytest.fixture
def tab(monkeypatch: pytest.MonkeyPatch) -> dict:
    """What one browser tab keeps."""
    kept: dict = {}
    monkeypatch.setattr(state, "keep", kept.__setitem__)
    monkeypatch.setattr(state, "kept", kept.get)
    return kept


def test_the_newer_of_two_copies_of_ones_own_list_holds(tab: dict) -> None:
    take_own_show('{"title": "T", "scenes": [{"title": "A", "link": "heads"}]}', 5)
    assert own_show() == OwnShow(SceneList("T", (ListedScene("A", "heads"),)), 5)
    take_own_show('{"title": "old", "scenes": []}', 4)
    assert own_show().scenes.title == "T"
    change_own_show(SceneList("U"))
    assert (own_show().scenes.title, own_show().change) == ("U", 6)


def test_a_broken_list_in_the_browser_is_said_once_and_leaves_what_there_was(tab: dict) -> None:
    with pytest.raises(RequestError):
        take_own_show("{", 3)
    assert (own_show().scenes.scenes, own_show().change) == ((), 3)
    take_own_show("{", 3)
    assert show_of("own") is None


def test_a_scene_is_played_presented_at_its_place_on_the_device_of_before() -> None:
    scenes = SceneList("T", (ListedScene("A", "heads?layer=2&show=healed&at=7"),))
    before = Scene().with_fields(show="own", device="cpu", rehearse=True, layer=3)
    listed, parameters = parameters_at(scenes, 1, before)
    assert listed.title == "A"
    assert parameters == {"layer": "2", "show": "own", "at": "1", "present": "1", "rehearse": "1", "device": "cpu"}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [([12, 3.5], (12.0, 3.5)), ("x", ()), ([1, "2", True, -1, 1e9, None], (1.0,)), ([1] * 9, (1.0, 1.0))],
)
def test_the_times_of_a_rehearsal_are_checked(sent: object, kept: tuple[float, ...]) -> None:
    assert _milliseconds(sent, 2) == kept


def met(needs: list[Need]) -> list[bool]:
    return [need.is_met() for need in needs]


@pytest.mark.parametrize(
    ("link", "count"),
    [
        ("decompose?layer=2", 1),
        ("heads?model=demo-encoder", 1),
        ("layers?model=demo-encoder", 1),
        ("overview", 0),
        ("papers", 0),
        ("decompose?layer=99", 0),
        ("decompose?model=/no/such/folder", 0),
        ("reasoning?benchmark=nope", 1),
    ],
)
def test_a_scene_needs_its_layer_or_its_survey(link: str, count: int) -> None:
    needs = list(needs_of(ListedScene("A", link)))
    assert met(needs) == [False] * count
    if "nope" not in link:
        for need in needs:
            need.wish.work(UNHEARD)
        assert met(list(needs_of(ListedScene("A", link)))) == [True] * count


@pytest.mark.parametrize("page", ["reasoning", "compare"])
def test_a_run_that_was_made_ahead_is_shown_without_a_click_and_recorded_then(page: str) -> None:
    asked = ASKED | {"layers": "1", "methods": "tensorllm,separate", "budgets": "8", "budget": "8"}
    link = f"{page}?" + "&".join(f"{name}={value}" for name, value in asked.items())
    for need in needs_of(ListedScene("A", link)):
        need.wish.work(UNHEARD)
    assert all(met(list(needs_of(ListedScene("A", link)))))
    assert len(prepared_runs().items()) == 1
    assert not visit("history").dataframe
    app = visit(page, **asked)
    assert app.metric
    assert not app.get("progress")
    assert len(visit("history").dataframe) == 1


def test_a_list_that_is_opened_is_computed_ahead_while_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SWITCH, "on")
    monkeypatch.setattr("pages.work.caches._QUIET", 0.0)
    app = visit("show")
    app.radio("list widget").set_value("svd-to-tucker").run()
    board = job_board()
    with board.changed:
        board.changed.wait_for(lambda: not any(board._queues.values()), 120)
    app.run()
    assert any("All scenes are computed ahead" in caption.value for caption in app.caption)
    assert not layer_cache()._prepared.get("nothing")


def test_what_is_given_is_done_and_found() -> None:
    world = WorldAhead()
    task = world.board.give("key", "title", 7, "ada", "cpu")
    assert world.board.is_done("key")
    assert not world.board.is_done("other")
    assert world.board.find("key", "bob") is task
    assert task.snapshot("ada", 0.0).result == 7


def test_a_shipped_list_is_copied_and_changed() -> None:
    app = visit("show")
    next(button for button in app.button if button.label == "Copy to mine").click().run()
    assert app.radio("list widget").value == "own"
    first, second = shown(app)[:2]
    next(button for button in app.button if button.label == "Later: scene 1").click().run()
    assert shown(app)[:2] == [second, first]
    next(field for field in app.text_input if field.label == "Title" and field.value == second).set_value("New").run()
    next(button for button in app.button if button.label == "Remove: scene 2").click().run()
    assert shown(app)[0] == "New"
    assert first not in shown(app)
    next(field for field in app.text_input if field.label == "Link").set_value(" ").run()
    assert "`link` of scene 1" in sentences(app)[0]


def shown(app) -> list[str]:
    return [
        text.value.partition(". ")[2].removesuffix("**") for text in app.markdown if re.match(r"\*\*\d", text.value)
    ]


def test_a_file_is_opened_and_the_list_before_brought_back() -> None:
    app = visit("show")
    next(button for button in app.button if button.label == "Copy to mine").click().run()
    before = shown(app)
    upload(app, "{")
    assert "JSON object" in sentences(app)[0]
    upload(
        app,
        json.dumps({"title": "Evil", "scenes": [{"title": "evil", "link": "heads", "note": t} for t in HOSTILE[:9]]}),
    )
    assert shown(app) == ["evil"] * 9
    assert [text for text in markdown_of(app) if alive(text)] == []
    next(button for button in app.button if button.label == "Bring back my list").click().run()
    assert shown(app) == before


def upload(app, text: str) -> None:
    app.file_uploader[0].set_value(("scenes.json", text.encode(), "application/json")).run()


@pytest.mark.parametrize("name", ["decompose", "overview", "papers", "history"])
def test_a_list_that_does_not_exist_is_said_and_not_played(name: str) -> None:
    app = visit(name, show="nope", at="2")
    assert any("`show`" in sentence for sentence in sentences(app))
    assert "show" not in app.query_params


def test_a_link_to_a_list_opens_its_first_scene_presented_and_leaving_ends_it() -> None:
    app = visit("decompose", show="healed")
    parameters = {name: app.query_params[name] for name in ("show", "at", "present", "model")}
    assert parameters == {"show": "healed", "at": "1", "present": "1", "model": "demo-decoder"}
    next(button for button in app.button if button.label == "Exit").click()
    drawn(app)
    assert not {"show", "at", "present"} & set(app.query_params)
