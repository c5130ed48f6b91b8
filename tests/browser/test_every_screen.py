"""Every screen in a browser: it opens from a link, in both themes, and is open to all."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from pages.frame.navigation import APP
from tests.tools.accessibility import findings
from tests.tools.instrument_hand import instrument_drawn
from tests.tools.screen import QUICK_PATHS, THEMES, complete, drawn, figures, row


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("path", QUICK_PATHS)
def test_a_link_straight_to_a_screen_draws_it_and_keeps_nobody_out(path, theme, visit):
    page = visit(path, theme)
    complete(page)
    expect(page).to_have_url(re.compile(rf"{path.partition('?')[0]}(\?|$)"))
    expect(row(page).get_by_role("link", name=APP)).to_be_visible()
    assert (figures(page) != []) == (path not in {"/", "/history", "/show"})
    assert page.get_by_test_id("stAlertContentWarning").or_(page.get_by_test_id("stAlertContentError")).count() == 0
    assert (brightness(page) < 128) == (theme == "dark")
    assert findings(page) == []
    assert re.findall(r'- button ".* icon"', page.locator("body").aria_snapshot()) == []


@pytest.mark.parametrize("path", ["/heads?plain=1", "/reasoning?sample=50"])
def test_on_a_narrow_screen_the_controls_stand_above_the_figures(path, visit):
    page = visit(path)
    page.set_viewport_size({"width": 768, "height": 1024})
    drawn(page)
    controls = page.locator("[class*='st-key-'][class*='-panel']").first
    figure = page.locator(".js-plotly-plot").first
    assert bottom(controls) <= top(figure)
    page.get_by_test_id("stMain").evaluate("element => element.scrollTo(0, 400)")
    assert bottom(controls) <= top(figure), "the controls do not stick there and cover the figures"


@pytest.mark.parametrize("path", ["/decompose?plain=1&", "/reasoning?sample=50&", "/compare?plain=1&sample=50&"])
def test_no_number_of_the_headline_and_no_label_of_one_is_cut_on_a_projector(path, visit):
    page = visit(f"{path}present=1")
    drawn(page)
    page.get_by_test_id("stMetric").first.wait_for()
    texts = page.get_by_test_id("stMetric").locator(".stMarkdownEllipsis")
    assert texts.count() >= 6
    assert texts.evaluate_all("texts => texts.filter(e => e.scrollWidth > e.clientWidth).map(e => e.innerText)") == []


DECOMPOSE, HEADS = ".landscape .spectra .cores", ".profile .cells .similarity .contrast"


@pytest.mark.parametrize(
    ("name", "figures", "present", "width"),
    [
        *(("decompose", DECOMPOSE, *window) for window in (("", 1280), ("&present=1", 1280), ("", 768), ("", 2560))),
        *((name, figures, "", 390) for name, figures in (("decompose", DECOMPOSE), ("heads", HEADS))),
        ("heads", HEADS, "&present=1", 1280),
    ],
)
def test_nothing_of_the_live_figures_is_cut(name, figures, present, width, visit):
    page = visit(f"/{name}?layer=1&r1=100&r2=16&r3=4&pins=8-4-2{present}")
    page.set_viewport_size({"width": width, "height": 720})
    instrument_drawn(page)
    words = page.locator(".readout .value, .readout .note, .readout .label, .sentence, .ghosts, .controls label")
    assert words.count() >= 12
    is_cut = "e => e.scrollWidth > e.clientWidth + 1 || e.getBoundingClientRect().right > innerWidth"
    assert words.evaluate_all(f"texts => texts.filter({is_cut}).map(e => e.innerText)") == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    order = [top(page.locator(piece)) for piece in (".controls", *figures.split())]
    if width < 1000:
        assert order == sorted(order), "in a narrow window the pieces stand below each other"


def brightness(page) -> float:
    """Brightness of the ground, 0 to 255."""
    colour = page.evaluate("""getComputedStyle(document.querySelector('[data-testid="stApp"]')).backgroundColor""")
    red, green, blue = map(int, re.findall(r"\d+", colour)[:3])
    return (red + green + blue) / 3


def top(element: Locator) -> float:
    return element.evaluate("element => element.getBoundingClientRect().top")


def bottom(element: Locator) -> float:
    return element.evaluate("element => element.getBoundingClientRect().bottom")
