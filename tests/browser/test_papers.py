"""The Papers screen in a browser: clicks on the table, and the way to Reasoning."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.tools.screen import drawn, figures


def test_the_table_the_picture_and_the_button_fit_the_screen(visit):
    page = visit("/papers")
    drawn(page)
    link = page.get_by_role("link", name="Reproduce in Reasoning")
    for element in (page.get_by_test_id("stDataFrame"), page.locator(".js-plotly-plot"), link):
        box = element.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 720
    assert re.search(r"reasoning\?model=EleutherAI.*layer=21.*r1=672&r2=42&r3=4&tied=1", link.get_attribute("href"))


def test_a_click_on_the_table_chooses_its_cell_and_the_picture_follows(visit):
    page = visit("/papers?table=ranks")
    drawn(page)
    before = figures(page)
    table = page.get_by_test_id("stDataFrame").bounding_box()
    # The last column, third row: LLaMA2 on Bios. The grid is drawn, so there is nothing to ask for by name.
    page.mouse.click(table["x"] + table["width"] - 40, table["y"] + 0.7 * table["height"])
    expect(page).to_have_url(re.compile("cell=llama2-bios"))
    drawn(page)
    assert figures(page) != before


def test_the_button_leads_to_reasoning_which_says_in_a_sentence_that_the_hub_is_out_of_reach(visit):
    page = visit("/papers?cell=roberta-fever")
    drawn(page)
    page.get_by_role("link", name="Reproduce in Reasoning").click()
    expect(page).to_have_title(re.compile("Reasoning"))
    expect(page.get_by_test_id("stAlert")).to_contain_text("FacebookAI/roberta-base")
