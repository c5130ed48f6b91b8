"""The front door: what one sees at `/`, and where it leads."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.tools.screen import drawn, row


def part(page: Page, name: str):
    return page.locator(f".st-key-head-picture [data-part={name}]")


def test_the_picture_rebuilds_a_head_by_hand_and_by_itself(visit):
    page = visit("/")
    drawn(page)
    # This visitor asks for no motion, so it stands until it is played.
    expect(part(page, "rank")).to_have_text("3")
    part(page, "slider").fill("6")
    expect(part(page, "error")).to_have_text("0.00")
    expect(part(page, "stored")).to_have_text("864")
    missing = part(page, "missing").evaluate(
        "canvas => new Set(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data).size"
    )
    assert missing <= 4, "nothing is missing: one colour"
    part(page, "slider").fill("0")
    page.get_by_role("button", name="Play").click()
    expect(part(page, "rank")).to_have_text("2")
    page.get_by_role("button", name="Pause").click()


def test_a_visitor_who_does_not_mind_sees_it_move_at_once(server, browser):
    page = browser.new_page(reduced_motion="no-preference")
    page.goto(server.url)
    drawn(page)
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(part(page, "rank")).to_have_text("4")
    page.close()


def test_the_parameters_of_an_old_link_open_decompose_at_the_bare_address(visit):
    page = visit("/?model=demo-decoder&layer=2&r1=5&r2=4&r3=3")
    drawn(page)
    expect(page).to_have_title(re.compile("Decompose"))
    expect(row(page).locator("[aria-current=page]")).to_have_text("Decompose")
    expect(page.get_by_role("spinbutton", name="R1", exact=True)).to_have_value("5")


def test_parameters_that_no_scene_knows_leave_the_front_door_open(visit):
    page = visit("/?from=elsewhere")
    drawn(page)
    expect(page).to_have_title(re.compile("Start"))


def test_the_first_scene_says_why_its_error_is_right_until_that_is_dismissed(visit):
    page = visit("/")
    drawn(page)
    page.get_by_role("link", name="Decompose a layer").click()
    note = page.get_by_text("an error of 87", exact=False)
    expect(page).to_have_title(re.compile("Decompose"))
    expect(note).to_be_visible()
    page.get_by_role("button", name="Dismiss").click()
    expect(note).to_have_count(0)


def test_a_link_leads_to_the_questions_that_show_it(visit):
    page = visit("/")
    drawn(page)
    link = page.get_by_role("link", name="See the answers")
    expect(link).to_have_attribute("href", re.compile(r"reasoning\?model=demo-decoder-noisy&layer=1&layers=all"))
