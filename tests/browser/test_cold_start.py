"""The first visitor of a newly started server, on a link to a screen."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.tools.screen import drawn, new_context
from tests.tools.server import app_server

WATCH = """
window.flashes = []
new MutationObserver(() => {
    const text = document.body?.innerText ?? ""
    for (const flash of ["Page not found", "does not seem to exist", "page.py"])
        if (text.includes(flash)) window.flashes.push(flash)
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
