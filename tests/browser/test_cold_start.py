"""The first visitor of a newly started server, on a link to a screen."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.tools.instrument_hand import instrument_drawn
from tests.tools.screen import drawn, new_context
from tests.tools.server import app_server

WATCH = """
window.flashes = []
new MutationObserver(() => {
    const text = document.body?.innerText ?? ""
    for (const flash of ["Page not found", "does not seem to exist", "page.py"])
        if (text.includes(flash)) window.flashes.push(flash)
    const names = document.querySelector('[data-testid="stSidebarNav"]')
    if (names) window.flashes.push(names.innerText)
    const outline = document.querySelector('.st-key-outline [data-testid="stColumn"]')
    if (outline) window.outlineTop = outline.getBoundingClientRect().top
}).observe(document, {subtree: true, childList: true, characterData: true})
"""


@pytest.mark.parametrize("screen", ["overview", "reasoning", ""])
def test_it_opens_that_screen_and_nothing_else_flashes(screen, browser, tmp_path):
    with app_server(tmp_path) as server:
        page = new_context(browser).new_page()
        page.add_init_script(WATCH)
        page.goto(f"{server.url}/{screen}?sample=50")
        drawn(page)
        expect(page).to_have_title(re.compile(screen or "Decompose", re.IGNORECASE))
        assert page.evaluate("window.flashes") == []
        page.context.close()
        assert server.tracebacks() == []


def test_the_outline_while_the_libraries_load_stands_where_the_screen_will(browser, tmp_path):
    with app_server(tmp_path) as server:
        page = new_context(browser).new_page()
        page.add_init_script(WATCH)
        page.goto(f"{server.url}/decompose")
        instrument_drawn(page)
        figures = page.locator(".st-key-live-decompose").evaluate("place => place.getBoundingClientRect().top")
        assert page.evaluate("window.outlineTop") == figures
        page.context.close()
