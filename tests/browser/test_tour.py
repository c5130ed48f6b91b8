"""The guided tour: its sentences set the screens, and one can leave it, come back to it and link to it."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from pages.frame.navigation import PAGES
from pages.frame.tour_steps import STEPS
from tests.tools.instrument_hand import instrument_drawn
from tests.tools.screen import complete, row


def test_the_tour_leads_over_the_real_screens_and_its_sentences_are_controls(visit):
    page = visit("/")
    page.get_by_role("link", name="Take the tour").click()
    tour = page.get_by_label("Guided tour")
    expect(tour).to_contain_text(f"step 1 of {len(STEPS)}")
    instrument_drawn(page)
    tour.get_by_role("button", name="R1 = 6", exact=True).click()
    expect(page).to_have_url(re.compile(r"[?&]r1=6&.*tour=1|tour=1.*[?&]r1=6&"))
    expect(page.locator(".instrument .metric.error .value")).not_to_have_text(re.compile(r"^0\.0"))
    expect(tour.get_by_role("button", name="R1 = 6", exact=True)).to_have_attribute("aria-pressed", "true")
    for number in range(2, len(STEPS) + 1):
        tour.get_by_role("button", name="Next").click()
        expect(tour).to_contain_text(f"step {number} of {len(STEPS)}")
        expect(tour).to_contain_text(STEPS[number - 1].title)
        expect(row(page).locator("[aria-current]")).to_have_text(PAGES[STEPS[number - 1].page].title)
    tour.get_by_role("button", name="Back").click()
    expect(tour).to_contain_text(f"step {len(STEPS) - 1} of")
    row(page).get_by_role("link", name="Papers").click()
    expect(tour).to_contain_text("The tour goes on at")
    tour.get_by_role("button", name="Leave the tour").click()
    expect(tour).to_have_count(0)
    expect(page).not_to_have_url(re.compile("tour="))


def test_a_link_opens_the_tour_at_its_step(visit):
    page = visit("/heads?model=demo-encoder&layer=2&tour=3")
    complete(page)
    tour = page.get_by_label("Guided tour")
    expect(tour).to_contain_text(STEPS[2].title)
    tour.get_by_role("button", name="head 3").click()
    expect(page).to_have_url(re.compile("group=3"))
