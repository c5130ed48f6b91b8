"""A presented screen: no chrome, figures that fill the window, and one figure on the whole screen."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import ViewportSize, expect

from tests.patience import PATIENCE
from tests.tools.screen import QUICK_PATHS, complete, row, settle
from tests.tools.stage import fit, out_of_sight, too_small

PROJECTOR: ViewportSize = {"width": 1280, "height": 720}
SIZES: tuple[ViewportSize, ...] = (
    {"width": 1024, "height": 768},
    PROJECTOR,
    {"width": 1920, "height": 1080},
    {"width": 2560, "height": 1440},
)
PATHS = [path for path in QUICK_PATHS if path not in {"/", "/history", "/show"}]


@pytest.mark.parametrize("path", PATHS)
def test_nothing_scrolls_and_nothing_is_cut(path, visit):
    page = visit(f"{path}{'&' if '?' in path else '?'}present=1")
    complete(page)
    expect(row(page)).to_be_hidden()
    for size in SIZES:
        fit(page, size)
        assert (size["width"], out_of_sight(page)) == (size["width"], [])
        if size == PROJECTOR:
            assert too_small(page, 16) == []


def test_exit_and_escape_bring_back_the_controls(visit):
    page = visit("/papers?present=1")
    complete(page)
    page.get_by_role("button", name="Exit").click()
    present = page.get_by_role("button", name="Present")
    expect(row(page)).to_be_visible()
    present.click()
    expect(row(page)).to_be_hidden()
    settle(page)
    page.keyboard.press("Escape")
    expect(row(page)).to_be_visible()
    expect(present).to_be_visible()


@pytest.mark.parametrize(("path", "figure"), [("/decompose?", ".landscape .over"), ("/papers?", ".js-plotly-plot")])
def test_f_shows_the_figure_under_the_pointer_on_the_whole_screen(path, figure, visit):
    page = visit(f"{path}present=1")
    complete(page)
    drawing = page.locator(figure).first
    drawing.hover()
    height = drawing.bounding_box()["height"]
    page.keyboard.press("f")
    page.wait_for_function("document.fullscreenElement")
    expect(drawing).to_be_visible()
    until(lambda: drawing.bounding_box()["height"] > 600)
    page.keyboard.press("f")
    page.wait_for_function("!document.fullscreenElement")
    until(lambda: drawing.bounding_box()["height"] < 1.1 * height)


@pytest.mark.parametrize(("path", "figure"), [("/decompose?", ".landscape .over"), ("/papers?", ".js-plotly-plot")])
def test_where_the_browser_refuses_a_whole_screen_the_figure_is_laid_over_the_page(path, figure, visit):
    page = visit(f"{path}present=1")
    complete(page)
    page.evaluate("() => { Element.prototype.requestFullscreen = () => Promise.reject(new TypeError()) }")
    drawing = page.locator(figure).first
    height = drawing.bounding_box()["height"]
    drawing.hover()
    page.keyboard.press("f")
    until(lambda: drawing.bounding_box()["height"] > 600)
    page.keyboard.press("Escape")
    until(lambda: drawing.bounding_box()["height"] < 1.1 * height)
    expect(page.get_by_role("button", name="Exit")).to_be_visible()


def until(holds: Callable[[], bool]) -> None:
    """Wait for what the browser draws late."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)
