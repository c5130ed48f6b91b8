"""The app on a machine where nothing can be written to the home folder."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from tests.tools.screen import drawn, new_context
from tests.tools.server import app_server


def test_the_app_draws_and_recomputes_where_nothing_can_be_written_at_home(browser, tmp_path):
    # Nobody can make a folder there, not even root.
    with app_server(tmp_path, home=Path("/proc/no-home")) as server:
        context = new_context(browser)
        page = context.new_page()
        page.goto(server.url + "/decompose")
        drawn(page)
        before = page.url
        page.get_by_role("slider").first.press("ArrowRight")
        expect(page).not_to_have_url(before)
        drawn(page)
        assert page.get_by_test_id("stAlert").count() == 0
        context.close()
        assert server.tracebacks() == []
