"""What the browser tests, the screenshots and the timings share: a browser, a page, and when it is done drawing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from pages.frame.navigation import PAGES
from tests.patience import PATIENCE
from tests.tools.chromium import ADVICE, ARGUMENTS, find_chromium

PATHS = tuple(f"/{name}" for name in PAGES if name != "history")
"""Where every screen is that draws a figure on a first visit."""

Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")
VIEWPORT: ViewportSize = {"width": 1280, "height": 720}

_SETTLED = """() => {
    const app = document.querySelector('[data-testid="stApp"]');
    const waiting = '[data-testid="stSkeleton"], [data-testid="stAppSkeleton"], [data-stale="true"]';
    return app?.dataset.testScriptState === "notRunning" && !document.querySelector(waiting);
}"""

_FIGURES = """() => [...document.querySelectorAll(".js-plotly-plot")].map(figure =>
    [...figure.querySelectorAll("svg.main-svg")].map(drawing => drawing.innerHTML).join(""))"""


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
    page.locator(".js-plotly-plot .main-svg").first.wait_for(state="visible", timeout=patience * 1000)
    settle(page, patience)
    page.evaluate("document.fonts.ready")


def figures(page: Page) -> list[str]:
    """The drawing of every figure on the screen, in order, to compare with an earlier one."""
    return page.evaluate(_FIGURES)
