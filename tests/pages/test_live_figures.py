"""What a tab's browser has been sent, and what comes back from the live figures, which is untrusted."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from pages.instrument.face import scene_of_release
from pages.instrument.sent import MOST_BYTES, Sent
from tests.pages.visits import visit


def test_data_are_sent_in_every_run_of_a_screen_and_by_no_other_screen():
    sent = Sent().on("decompose").after("one", 5)
    assert sent.on("decompose").needs("one")
    assert not sent.on("heads").needs("one")
    assert not sent.on("heads").on("decompose").needs("one")
    assert sent.on("heads").needs("two")


def test_what_the_browser_misses_is_sent_again():
    sent = Sent().on("decompose").after("one", 5).on("heads")
    assert sent.without("one").needs("one")


def test_the_oldest_data_leave_for_new_ones():
    sent = Sent().on("layers").after("one", MOST_BYTES // 2).after("two", MOST_BYTES // 2).after("three", 2)
    sent = sent.on("heads")
    assert [sent.needs(key) for key in ("one", "two", "three")] == [True, False, False]
    assert not sent.after("huge", 2 * MOST_BYTES).on("layers").needs("huge"), "the newest always stay"


@pytest.mark.parametrize(
    "released",
    [
        {},
        {"ranks": "6-5-3", "group": -1, "view": None},
        {"ranks": [1, 2], "pins": [[0, 1, 2]], "tied": "yes"},
        {"ranks": [1, 2, float("nan")], "error": float("inf"), "ratio": {}},
        {"by": "<img src=x>", "pins": "1-2-3", "isAbsolute": 7},
    ],
)
def test_nonsense_from_the_browser_changes_nothing(released):
    assert scene_of_release(released) == {}


def pieces(app: AppTest) -> dict[str, int]:
    """The components of the live figures on a screen, with the bytes that they bring."""
    found = {element.proto.component_name: len(element.proto.bytes) for element in app.get("bidi_component")}
    return {name: size for name, size in found.items() if name.startswith("live")}


@pytest.mark.parametrize(("name", "least"), [("decompose", 400_000), ("heads", 400_000), ("layers", 2_000)])
def test_a_screen_brings_scripts_data_and_a_scene(name, least):
    app = visit(name, plain="0", refine="1", r1="6", r2="5", r3="3")
    assert not app.exception
    shown = pieces(app)
    assert list(shown) == ["live_scripts", "live_store", "live_figures"]
    assert shown["live_store"] > least
