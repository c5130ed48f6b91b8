"""Every screen on windows from a telephone to a large monitor, and at a zoom of 200%, which is 640 pixels wide."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, ViewportSize

from tests.tools.screen import QUICK_PATHS, complete, left_over

SIZES: tuple[ViewportSize, ...] = (
    {"width": 2560, "height": 1440},
    {"width": 1280, "height": 720},
    {"width": 1000, "height": 720},
    {"width": 768, "height": 1024},
    {"width": 640, "height": 360},
    {"width": 390, "height": 844},
)
TOO_WIDE = """() => {
    const right = element => element.getBoundingClientRect().right;
    const scrolls = element => ["auto", "scroll", "hidden", "clip"].includes(getComputedStyle(element).overflowX);
    const within = element => {
        for (let box = element.parentElement; box.dataset.testid !== "stMain"; box = box.parentElement)
            if (scrolls(box) && right(box) <= innerWidth + 1) return true;
        return false;
    };
    const main = document.querySelector('[data-testid="stMain"]');
    const shown = [...main.querySelectorAll("*")].filter(element => element.checkVisibility());
    const wide = shown.filter(element => right(element) > innerWidth + 1 && !within(element));
    const cut = [...document.querySelectorAll('[data-testid="stMetric"] *')].filter(element =>
        scrolls(element) && element.scrollWidth > element.clientWidth + 1);
    return [...wide, ...cut].map(element => element.outerHTML.slice(0, 160));
}"""


def too_wide(page: Page) -> list[str]:
    """What reaches beyond the window, and numbers that are cut, once the figures have followed the window."""
    return left_over(page, f"({TOO_WIDE})()")


@pytest.mark.parametrize("path", QUICK_PATHS)
def test_nothing_is_wider_than_the_window_and_no_number_is_cut(path, visit):
    page = visit(path)
    complete(page)
    for size in SIZES:
        page.set_viewport_size(size)
        assert (size["width"], too_wide(page)) == (size["width"], [])


@pytest.mark.parametrize("path", ["/layers", "/heads"])
def test_figures_use_the_room_of_a_large_window(path, visit):
    page = visit(path)
    page.set_viewport_size({"width": 2560, "height": 1440})
    complete(page)
    page.wait_for_function(
        """() => Math.max(...[...document.querySelectorAll(".js-plotly-plot, [class*='st-key-live-']")]
            .map(figure => figure.getBoundingClientRect().bottom)) > 0.7 * innerHeight"""
    )
