"""A scene list in a browser: played with the keyboard, followed by the speaker's window, and recorded by oneself."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.tools.instrument_hand import instrument_drawn, linked, rank, slider
from tests.tools.screen import drawn, open_screen, settle


def place(page: Page, at: int) -> None:
    """Wait until this scene is played and stands, and the keys are listened to."""
    expect(page).to_have_url(re.compile(rf"[?&]at={at}(&|$)"))
    settle(page)
    expect(player(page, "place")).to_have_text(re.compile(f"^{at} / "))


def player(page: Page, part: str):
    return page.locator(f".st-key-player [data-part={part}]")


def test_a_list_is_played_with_the_keyboard_and_the_speaker_follows(visit):
    page = visit("/show")
    page.get_by_text("From SVD to Tucker").click()
    with page.expect_popup() as popup:
        page.get_by_role("button", name="Speaker window").click()
    speaker = popup.value
    expect(speaker.get_by_role("heading")).to_have_text("Play a list in another window of this browser")
    page.evaluate("window.stayed = true")
    page.get_by_role("link", name="Play").click()
    place(page, 1)
    expect(player(page, "title")).to_have_text("A stack of matrices")
    expect(speaker.get_by_text("Next: An SVD along the model width")).to_be_visible()
    # Forward, and past a cover, which the same key takes away first.
    for at, key in ((2, "PageDown"), (3, "ArrowRight"), (4, "ArrowRight")):
        page.keyboard.press(key)
        place(page, at)
    expect(player(page, "question")).to_be_visible()
    expect(player(page, "title")).to_be_empty()
    expect(speaker.get_by_text("Covered:")).to_be_visible()
    page.keyboard.press("r")
    expect(player(page, "question")).to_be_hidden()
    expect(player(page, "title")).to_have_text("And along Q, K, V and O")
    # A slider that has the focus keeps its own keys.
    instrument_drawn(page)
    slider(page, "R2").press("ArrowLeft")
    expect(page).to_have_url(re.compile("r2=15"))
    assert (linked(page)["at"], rank(page, "R2")) == ("4", 15)
    # A reload stands where one was, with what was changed by hand.
    page.reload()
    place(page, 4)
    assert linked(page)["r2"] == "15"
    page.keyboard.press(" ")
    expect(player(page, "question")).to_be_hidden()
    # The speaker's window leads too, and no page is loaded for it.
    page.evaluate("window.stayed = true")
    speaker.get_by_role("button", name="Previous").click()
    place(page, 3)
    speaker.keyboard.press("ArrowRight")
    place(page, 4)
    expect(player(page, "question")).to_be_hidden()
    for at in (5, 6, 7):
        page.keyboard.press("ArrowRight")
        place(page, at)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(player(page, "said")).to_have_text("The list is over. Escape ends it.")
    expect(speaker.get_by_text("The list is over.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page).not_to_have_url(re.compile("show=|present="))
    expect(player(page, "place")).to_have_count(0)
    expect(speaker.get_by_text("The list has ended")).to_be_visible()
    assert page.evaluate("window.stayed"), "the page was not loaded anew"


def test_screens_are_recorded_changed_kept_and_played(visit):
    page = visit("/decompose?model=demo-decoder&layer=2&r1=5&r2=4&r3=3")
    instrument_drawn(page)
    page.get_by_role("button", name="Record").click()
    expect(page.get_by_text("Scene 1")).to_be_visible()
    open_screen(page, "Papers")
    drawn(page)
    page.get_by_role("button", name="Record").click()
    expect(page.get_by_text("Scene 2")).to_be_visible()
    open_screen(page, "Show")
    page.get_by_text("My scenes").click()
    expect(page.get_by_text("1. Decompose: demo-decoder, layer 2, ranks 5, 4, 3")).to_be_visible()
    page.get_by_role("button", name="Later: scene 1").click()
    expect(page.get_by_text("1. Papers: demo-decoder, layer 2, ranks 5, 4, 3")).to_be_visible()
    settle(page)
    page.get_by_text("Change", exact=True).first.click()
    note = page.get_by_role("textbox", name="Speaker's note").first
    words_of_note = page.get_by_test_id("stCaptionContainer").filter(has_text="this.")
    note.fill("<b>Say</b> this.")
    note.press("Control+Enter")
    expect(words_of_note).to_have_text("<b>Say</b> this.")
    page.wait_for_function("Object.values(localStorage).some(stored => stored.includes('Say'))")
    page.reload()
    settle(page)
    page.get_by_text("My scenes").click()
    expect(words_of_note).to_have_text("<b>Say</b> this.")
    settle(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert "ranks 5, 4, 3" in download.value.path().read_text(encoding="utf-8")
    # Rehearsed, each scene has been seen, and its time is told.
    page.get_by_role("link", name="Rehearse").click()
    expect(page.get_by_text(re.compile("^Rehearsed: "))).to_be_visible()
    page.get_by_role("link", name="Play").click()
    place(page, 1)
    page.keyboard.press("ArrowRight")
    place(page, 2)
    assert linked(page) | {"r1": "5", "r2": "4", "r3": "3", "show": "own"} == linked(page)
    # Its list is in the browser, so a reload has to ask for it first.
    page.reload()
    place(page, 2)
    expect(player(page, "place")).to_have_text("2 / 2")
    page.keyboard.press("ArrowLeft")
    place(page, 1)
