"""The Heads screen in a browser: the live figures under a hand, the chosen head, downloads, the plain figures."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.tools.instrument_hand import (
    headline,
    instrument_drawn,
    nothing_asked_of_the_server,
    number_field,
    open_counting,
    place,
    press,
    slider,
)
from tests.tools.screen import drawn, figures, settle

SCENE = "/heads?model=demo-decoder-noisy&layer=1&r1=6&r2=5&r3=3"


def over(page: Page, name: str):
    return page.locator(f".{name} .over")


def test_all_figures_follow_a_drag_and_the_link_follows_at_the_end(live):
    page = live(SCENE)
    assert page.locator(".instrument canvas").evaluate_all(
        "all => all.every(canvas => canvas.getBoundingClientRect().bottom <= innerHeight)"
    )
    handle = slider(page, "R1")
    page.mouse.move(*place(handle, 0.37, 0.5))
    page.mouse.down()
    before, link = (headline(page), *figures(page)), page.url
    with nothing_asked_of_the_server(page):
        page.mouse.move(*place(handle, 0.8, 0.5), steps=8)
        expect(number_field(page, "R1")).not_to_have_value("6")
        after = headline(page), *figures(page)
        assert all(now != then for now, then in zip(after, before, strict=True))
        assert page.url == link
    rank = number_field(page, "R1").input_value()
    page.mouse.up()
    expect(page).to_have_url(re.compile(f"r1={rank}&"))
    settle(page)
    page.mouse.move(0, 0)
    dragged = (headline(page), *figures(page))
    typed = live(SCENE)
    number_field(typed, "R1").fill(rank)
    number_field(typed, "R1").press("Enter")
    expect(typed).to_have_url(re.compile(f"r1={rank}&"))
    settle(typed)
    typed.mouse.move(0, 0)
    assert (headline(typed), *figures(typed)) == dragged


def test_a_click_chooses_a_head_everywhere_and_pins_and_order_stand_in_the_link(live):
    page = live(SCENE)
    figure = over(page, "profile")
    page.mouse.move(*place(figure, 0.62, 0.7))
    caption = page.locator(".profile .caption")
    expect(caption).to_contain_text(re.compile(r"Head \d: .* of the energy, of which .* is kept, error 0\.\d{3}"))
    head = re.search(r"Head (\d)", caption.inner_text())[1]
    page.mouse.click(*place(figure, 0.62, 0.7))
    expect(page).to_have_url(re.compile(f"group={head}&"))
    expect(page.get_by_role("combobox", name="head", exact=True)).to_have_value(head)
    expect(page.locator(".contrast .caption")).to_contain_text("Cores of head")
    over(page, "cells").press("ArrowRight")
    expect(page).to_have_url(re.compile(f"group={int(head) + 1}&"))
    page.get_by_role("checkbox", name="by similarity").check()
    expect(page).to_have_url(re.compile("alike=1"))
    page.get_by_role("button", name="Pin to compare").click()
    expect(page).to_have_url(re.compile("pins=6-5-3"))
    press(page, "R2", "PageUp")
    expect(page.locator(".ghosts")).to_contain_text("A (6, 5, 3)")
    press(page, "R2", "Escape")
    expect(page).to_have_url(re.compile("r2=5&"))


def test_going_from_the_heads_to_decompose_sends_no_layer_again(visit):
    page, received = open_counting(visit, SCENE)
    assert max(received) > 400_000
    received.clear()
    page.get_by_role("link", name="Decompose").last.click()
    page.locator(".landscape canvas").first.wait_for()
    instrument_drawn(page)
    press(page, "R1", "ArrowRight")
    assert sum(received) < 400_000


def test_a_figure_explains_itself_beside_the_figures_and_is_saved(live):
    page = live(SCENE)
    page.get_by_role("button", name="About: How alike the cores are").click()
    panel = page.get_by_role("complementary", name="About the figure")
    panel.wait_for()
    assert panel.bounding_box()["x"] >= place(over(page, "contrast"), 1, 0)[0]
    for kind in ("SVG", "PNG", "CSV"):
        with page.expect_download() as download:
            panel.get_by_role("button", name=kind).click()
        assert download.value.suggested_filename == f"similarity.{kind.lower()}"


def test_the_plain_figures_choose_a_head_too(visit):
    page = visit(f"{SCENE}&plain=1")
    drawn(page)
    assert len(figures(page)) == 4
    bars = page.locator(".st-key-heads-profile .barlayer .trace >> nth=1 >> .point >> nth=5")
    bars.click(force=True)
    expect(page).to_have_url(re.compile("group=5"))
