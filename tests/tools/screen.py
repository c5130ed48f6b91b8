"""What the browser tests, the screenshots and the timings share: a browser, a page, and when it is done drawing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from playwright.sync_api import Browser, BrowserContext, Locator, Page, ViewportSize, sync_playwright
from playwright.sync_api import TimeoutError as StillNot

from pages.frame.navigation import PAGES, START
from tests.patience import PATIENCE
from tests.tools.chromium import ADVICE, ARGUMENTS, find_chromium

PATHS = tuple("/" if name == START else f"/{name}" for name in PAGES)
"""Where every screen is."""
QUICK_PATHS = tuple(f"{path}?sample=50" if path in {"/reasoning", "/compare"} else path for path in PATHS)
"""Scenes of all screens, none of which computes for long."""
_WITHOUT_FIGURES = ("/history", "/show")

Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")
VIEWPORT: ViewportSize = {"width": 1280, "height": 720}

_SETTLED = """() => {
    const app = document.querySelector('[data-testid="stApp"]');
    const waiting = '[data-testid="stSkeleton"], [data-testid="stAppSkeleton"], [data-stale="true"]';
    return app?.dataset.testScriptState === "notRunning" && !document.querySelector(waiting);
}"""

_PICTURE = ".js-plotly-plot .main-svg, .instrument canvas, .st-key-head-picture canvas"
_FIGURES = """() => [...document.querySelectorAll(".js-plotly-plot")].map(figure =>
    [...figure.querySelectorAll("svg.main-svg")].map(drawing => drawing.innerHTML).join(""))"""
_LIVE_FIGURES = """figures => figures.map(figure =>
    [...figure.querySelectorAll("canvas")].map(canvas => canvas.toDataURL()).join())"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser.

    Raises:
        RuntimeError: this machine has none; `python -m tests.tools.chromium` fetches one.
    """
    path = find_chromium()
    if path is None:
        raise RuntimeError(ADVICE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


def new_context(browser: Browser, theme: Theme = "light") -> BrowserContext:
    """A visitor of their own, at 1280 x 720, whose system prefers that theme."""
    context = browser.new_context(viewport=VIEWPORT, color_scheme=theme, reduced_motion="reduce")
    context.set_default_timeout(1000 * PATIENCE)
    return context


def settle(page: Page, patience: float = PATIENCE) -> None:
    """Wait until the app has answered and nothing on the screen is waiting; `patience` in seconds."""
    page.wait_for_function(_SETTLED, timeout=patience * 1000)


def drawn(page: Page, patience: float = PATIENCE) -> None:
    """Wait until a figure stands on the settled screen, fonts and all; `patience` in seconds."""
    page.locator(_PICTURE).first.wait_for(state="visible", timeout=patience * 1000)
    settle(page, patience)
    page.evaluate("document.fonts.ready")


def complete(page: Page) -> None:
    """Wait until the screen is drawn, with figures where it has any, and its work in the background is done."""
    stands = settle if any(path in page.url for path in _WITHOUT_FIGURES) else drawn
    stands(page)
    page.get_by_test_id("stProgress").first.wait_for(state="detached")
    stands(page)


def figures(page: Page) -> list[str]:
    """The drawing of every figure on the screen, the live ones last, to compare with an earlier one."""
    return [*page.evaluate(_FIGURES), *page.locator(".instrument .figure").evaluate_all(_LIVE_FIGURES)]


def row(page: Page) -> Locator:
    """The row of screens."""
    return page.get_by_role("navigation", name="Screens")


def open_screen(page: Page, title: str) -> None:
    """Open a screen by its link in the row, and wait until the row says that it is there."""
    row(page).get_by_role("link", name=title, exact=True).click()
    row(page).locator("[aria-current=page]", has_text=title).wait_for()


def left_over(page: Page, faults: str) -> list[str]:
    """What an expression of JavaScript still finds fault with once the page has had time to mend it."""
    try:
        page.wait_for_function(f"{faults}.length === 0")
    except StillNot:
        return page.evaluate(faults)
    return []
