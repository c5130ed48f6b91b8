"""The Decompose screen in a browser: sliders, numbers, links and bad links."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.tools.screen import drawn, figures

SCENE = "/decompose?model=demo-decoder-noisy&layer=1&r1=6&r2=5&r3=3"


def headline(page: Page) -> list[str]:
    """Ratio, error and parameters as the screen shows them."""
    return page.get_by_test_id("stMetricValue").all_inner_texts()


def rank(page: Page, name: str) -> int:
    return int(page.get_by_role("spinbutton", name=name, exact=True).input_value())


def slider(page: Page, name: str) -> Locator:
    # Streamlit names a slider after itself and its group, `R1 R1`.
    return page.get_by_role("slider", name=re.compile(rf"^{name}\b"))


def move(page: Page, name: str, key: str) -> None:
    """Press a key on a rank's slider, and wait until the link and the screen follow."""
    before = page.url
    slider(page, name).press(key)
    expect(page).not_to_have_url(before)
    drawn(page)


def path_of(page: Page) -> str:
    parts = urlsplit(page.url)
    return f"{parts.path}?{parts.query}"


@pytest.mark.parametrize("name", ["R1", "R2", "R3"])
def test_moving_a_slider_changes_the_headline_the_figures_and_the_link(name, visit):
    page = visit(SCENE)
    drawn(page)
    headline_before, figures_before, rank_before = headline(page), figures(page), rank(page, name)
    move(page, name, "ArrowLeft")
    assert rank(page, name) == rank_before - 1
    assert f"{name.lower()}={rank_before - 1}" in page.url
    assert headline(page) != headline_before
    changed = [now != before for now, before in zip(figures(page), figures_before, strict=True)]
    assert sum(changed) >= 3


def test_an_exact_rank_may_be_typed(visit):
    page = visit(SCENE)
    drawn(page)
    field = page.get_by_role("spinbutton", name="R1", exact=True)
    field.fill("11")
    field.press("Enter")
    expect(page).to_have_url(re.compile("r1=11"))
    drawn(page)
    expect(slider(page, "R1")).to_have_value("11")


def test_the_copied_link_restores_the_scene_for_another_visitor(visit):
    first = visit(SCENE)
    first.context.grant_permissions(["clipboard-read", "clipboard-write"])
    drawn(first)
    move(first, "R1", "ArrowRight")
    move(first, "R2", "ArrowLeft")
    first.get_by_role("button", name="Copy").click()
    expect(first.get_by_role("button", name="Copied")).to_be_visible()
    copied = urlsplit(first.evaluate("navigator.clipboard.readText()"))
    second = visit(f"{copied.path}?{copied.query}")
    drawn(second)
    assert [rank(second, name) for name in ("R1", "R2", "R3")] == [7, 4, 3]
    assert headline(second) == headline(first)
    assert path_of(second) == path_of(first)


def test_two_visitors_with_different_ranks_see_their_own(visit):
    first, second = visit(SCENE), visit(SCENE.replace("r1=6", "r1=14"))
    drawn(first)
    drawn(second)
    assert headline(first) != headline(second)
    seen_by_second = headline(second), path_of(second)
    move(first, "R1", "ArrowLeft")
    assert (rank(first, "R1"), rank(second, "R1")) == (5, 14)
    assert (headline(second), path_of(second)) == seen_by_second
    seen_by_first = headline(first)
    move(second, "R2", "ArrowRight")
    assert (rank(first, "R2"), rank(second, "R2")) == (5, 6)
    assert headline(first) == seen_by_first


@pytest.mark.parametrize(
    "parameters",
    [
        "r1=0&r2=4&r3=2",
        "r1=-3&r2=4&r3=2",
        "r1=abc&r2=4&r3=2",
        "r1=99999&r2=4&r3=2",
        "r1=1e9&r2=4&r3=2",
        "r1=4",
        "layer=99",
        "layer=-1",
        "layer=one",
        "model=nope",
        "model=..%2F..%2Fetc",
        "model=%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "layout=zzz",
    ],
)
def test_nonsense_in_the_link_gets_one_plain_sentence_and_a_usable_screen(parameters, visit):
    page = visit(f"/decompose?{parameters}")
    drawn(page)
    alerts = page.get_by_test_id("stAlert").all_inner_texts()
    assert len(alerts) == 1
    sentence = alerts[0].strip().splitlines()[-1]
    assert re.fullmatch(r"[A-Z].+\.", sentence)
    before = headline(page)
    move(page, "R2", "ArrowLeft")
    assert headline(page) != before
    expect(page.get_by_test_id("stAlert")).to_have_count(0)


def test_parameters_that_mean_nothing_are_passed_over(visit):
    page = visit(f"{SCENE}&colour=blue&r4=7")
    drawn(page)
    assert rank(page, "R1") == 6
    assert page.get_by_test_id("stAlert").count() == 0
