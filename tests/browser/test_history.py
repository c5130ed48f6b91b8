"""The list of runs in a browser: seen by another visitor, sorted, opened from a row, in both themes and narrow."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.tools.screen import drawn, settle


def test_a_run_is_listed_for_another_visitor_whose_row_opens_it_again(visit, sample):
    link = f"/reasoning?model=demo-decoder&layer=2&r1=6&r2=5&r3=3&controls=0&benchmark=world-facts&sample={sample}"
    asked = visit(link)
    expect(asked.get_by_role("button", name="Ask again")).to_be_enabled()
    drawn(asked)
    accuracy = asked.get_by_test_id("stMetricValue").first.inner_text()
    page = visit("/history", theme="dark")
    expect(page.get_by_text("All who use this server see this list")).to_be_visible()
    # The latest run is the first row; its box stands at the left.
    page.get_by_test_id("stDataFrame").locator(".dvn-scroller").click(position={"x": 16, "y": 52})
    chosen = page.locator(".st-key-chosen-run")
    expect(chosen).to_contain_text("TensorLLM, ranks (6, 5, 3), on demo-decoder: accuracy")
    address = chosen.get_by_test_id("stCode").inner_text()
    assert address.startswith(page.url.split("/history")[0] + "/reasoning?model=demo-decoder&layer=2&r1=6")
    page.set_viewport_size({"width": 390, "height": 720})
    settle(page)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    chosen.get_by_role("link", name="Open in Reasoning").click()
    expect(page).to_have_url(re.compile(rf"/reasoning\?.*sample={sample}"))
    drawn(page)
    assert page.get_by_test_id("stMetricValue").first.inner_text() == accuracy
