"""A running app and visitors of it. Any error on a page that a test opened fails that test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from tests.patience import PATIENCE
from tests.tools.instrument_hand import COUNT_MESSAGES, instrument_drawn
from tests.tools.instrument_page import open_modules
from tests.tools.screen import chromium, new_context, settle
from tests.tools.server import Server, app_server

expect.set_options(timeout=1000 * PATIENCE)
HERE = Path(__file__).resolve().parent
_SAMPLES = count(101)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with app_server(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def sample() -> int:
    """Questions of each benchmark: a number that no other test asks.

    The server keeps the last runs, so a test that asks what another has asked would be shown its answers at once.
    """
    return next(_SAMPLES)


@pytest.fixture
def visit(server: Server, browser: Browser) -> Iterator[Callable[..., Page]]:
    """`visit("/decompose?r1=8", theme="dark")`: a new visitor on that page, drawn and settled."""
    wrong: list[str] = []
    contexts = []
    written_before = len(server.output())

    def visit(path: str, theme: str = "light") -> Page:
        context = new_context(browser, theme)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: _note_if_wrong(message, wrong))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: _note_if_outside(request.url, wrong))
        page.goto(server.url + path)
        settle(page)
        return page

    yield visit
    for context in contexts:
        wrong.extend(f"{page.url} shows an exception" for page in context.pages if _shows_exception(page))
        context.close()
    assert wrong == []
    assert server.tracebacks(written_before) == []


@pytest.fixture
def counted(visit):
    """`counted(path)`: a screen that counts what it sends to the server."""

    def open_screen(path: str) -> Page:
        page = visit("/overview")
        page.add_init_script(COUNT_MESSAGES)
        page.goto(f"{urlsplit(page.url).scheme}://{urlsplit(page.url).netloc}{path}")
        return page

    return open_screen


@pytest.fixture
def live(counted):
    """`live(path)`: the same with its live figures drawn."""

    def open_screen(path: str) -> Page:
        page = counted(path)
        instrument_drawn(page)
        return page

    return open_screen


@pytest.fixture
def modules(browser: Browser) -> Iterator[Page]:
    """A page in which `modules` holds what every script of the live figures exports; without the app."""
    context = new_context(browser)
    wrong: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    open_modules(page)
    yield page
    context.close()
    assert wrong == []


def _shows_exception(page: Page) -> bool:
    return bool(page.locator(".stException").count() or page.get_by_text("Traceback").count())


def _note_if_wrong(message: ConsoleMessage, wrong: list[str]) -> None:
    # On a link to a screen, Streamlit looks for its server below the path of the screen first, and gets a 404.
    is_first_look = "/_stcore/" in message.location["url"] and "404" in message.text
    if message.type == "error" and not is_first_look:
        wrong.append(f"{message.text} {message.location['url']}")


def _note_if_outside(url: str, wrong: list[str]) -> None:
    parts = urlsplit(url)
    if parts.scheme in {"http", "https", "ws", "wss"} and parts.hostname != "localhost":
        wrong.append(f"asked the network for {url}")
