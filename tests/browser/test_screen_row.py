"""The row of screens: it says where one is, leads everywhere, and keeps the scene."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.tools.screen import drawn, open_screen, row

SCENE = "model=demo-decoder&layer=2&r1=5&r2=4&r3=3"
TITLES = ["Sweep", "Generate", "Lessons", "Export", "Tour"]


def test_the_row_leads_from_one_screen_to_another_and_keeps_the_scene(visit):
    page = visit(f"/decompose?{SCENE}")
    drawn(page)
    expect(row(page).locator("[aria-current=page]")).to_have_text("Decompose")
    open_screen(page, "Overview")
    expect(page).to_have_title(re.compile("Overview"))
    expect(page).to_have_url(re.compile(f"/overview.*{SCENE}"))
    drawn(page)
    open_screen(page, "Start")
    open_screen(page, "Heads")
    expect(page).to_have_url(re.compile(f"/heads.*{SCENE}"))


def test_a_link_of_the_row_holds_the_scene_of_this_moment(visit):
    page = visit(f"/decompose?{SCENE}")
    drawn(page)
    page.get_by_role("slider").first.press("ArrowRight")
    expect(page).to_have_url(re.compile("r1=6"))
    layers = row(page).get_by_role("link", name="Layers")
    layers.focus()
    expect(layers).to_have_attribute("href", re.compile(f"^layers.*{SCENE.replace('r1=5', 'r1=6')}"))


def test_thirteen_screens_stand_in_one_line_of_a_projector(visit):
    page = visit("/")
    drawn(page)
    nav = row(page)
    more = TITLES[: 13 - nav.get_by_role("listitem").count()]
    nav.evaluate(
        """(nav, titles) => titles.forEach(title => {
            const item = nav.querySelector("li").cloneNode(true);
            item.firstElementChild.textContent = title;
            nav.lastElementChild.append(item);
        })""",
        more,
    )
    assert nav.get_by_role("listitem").count() == 13
    heights = nav.evaluate("nav => [nav.getBoundingClientRect().height, nav.lastElementChild.offsetHeight]")
    assert heights[0] < 1.5 * heights[1]
    assert nav.evaluate("nav => nav.scrollWidth <= nav.clientWidth")
