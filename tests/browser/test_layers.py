"""The Layers screen in a browser: the ratio under a hand, clicks on figures, downloads, the plain figures."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.tools.instrument_hand import nothing_asked_of_the_server, place
from tests.tools.screen import drawn, figures, settle

LAYERS = "/layers?model=demo-encoder&layer=0"


def chart(page: Page, key: str) -> Locator:
    return page.locator(f".st-key-{key.replace(' ', '-')}")


def errors(page: Page) -> Locator:
    return page.locator(".layerErrors .over")


def caption(page: Page) -> Locator:
    return page.locator(".layerErrors .caption")


def complete(page: Page) -> None:
    """Wait until all layers are read."""
    page.get_by_test_id("stProgress").first.wait_for(state="detached")
    drawn(page)


def test_the_errors_follow_a_drag_of_the_ratio_and_the_link_restores_it(live, visit):
    page = live(LAYERS)
    complete(page)
    assert page.locator(".js-plotly-plot, .instrument").evaluate_all(
        "all => all.every(figure => figure.getBoundingClientRect().bottom <= innerHeight)"
    ), "all figures stand above the fold"
    expect(caption(page)).to_contain_text("Error at 10x: from")
    page.mouse.move(*place(errors(page), 0.2, 0.5))
    page.mouse.down()
    before, link = figures(page), page.url
    with nothing_asked_of_the_server(page):
        page.mouse.move(*place(errors(page), 0.3, 0.4), steps=6)
        expect(caption(page)).not_to_contain_text("Error at 10x: from")
        after = figures(page)
        assert [now != then for now, then in zip(after, before, strict=True)] == [False, False, False, True]
        assert page.url == link
    said = caption(page).inner_text()
    ratio = re.search(r"Error at ([\d.]+)x", said)[1]
    page.mouse.up()
    expect(page).to_have_url(re.compile(rf"fixed_ratio={re.escape(ratio)}"))
    settle(page)
    again = visit(page.url[page.url.index("/layers") :])
    complete(again)
    expect(caption(again)).to_have_text(said)
    expect(again.locator(".instrument > .warning")).to_contain_text("practically gone")


def test_keys_a_number_and_the_wheel_move_the_ratio_and_escape_takes_it_back(live):
    page = live(LAYERS)
    complete(page)
    slider = page.get_by_role("slider", name="Smaller by at least")
    slider.press("ArrowRight")
    expect(page).to_have_url(re.compile(r"fixed_ratio=11\.0"))
    slider.press("PageUp")
    expect(page).to_have_url(re.compile(r"fixed_ratio=22\.0"))
    slider.press("Escape")
    expect(page).to_have_url(re.compile(r"fixed_ratio=11\.0"))
    field = page.get_by_role("spinbutton", name="Smaller by at least")
    field.fill("13")
    field.press("Enter")
    expect(page).to_have_url(re.compile(r"fixed_ratio=13\.5"))
    page.mouse.move(*place(errors(page), 0.2, 0.5))
    errors(page).focus()
    page.mouse.wheel(0, 100)
    expect(page).to_have_url(re.compile(r"fixed_ratio=12\.0"))


def test_a_click_on_a_layer_chooses_it_everywhere_and_the_links_lead_there(live):
    page = live(LAYERS)
    complete(page)
    page.mouse.move(*place(errors(page), 0.72, 0.5))
    expect(caption(page)).to_contain_text("Layer 2: error 0.")
    page.mouse.click(*place(errors(page), 0.72, 0.5))
    expect(page).to_have_url(re.compile("layer=2"))
    complete(page)
    expect(page.get_by_role("link", name="Heads of layer 2")).to_be_visible()
    # The other ways to choose still work, and the click does not come back.
    errors(page).press("ArrowUp")
    # Layer 1 is the default, which no link names.
    expect(page).not_to_have_url(re.compile("layer="))
    complete(page)
    chart(page, "stable ranks").locator(".scatterlayer .trace >> nth=1 >> .point >> nth=2").click(force=True)
    expect(page).to_have_url(re.compile("layer=2"))
    complete(page)
    page.locator(".st-key-next-layer button").first.click()
    expect(page).to_have_url(re.compile("layer=3"))
    complete(page)
    page.get_by_role("link", name="Decompose layer 3").click()
    expect(page).to_have_title(re.compile("Decompose"))
    expect(page).to_have_url(re.compile("model=demo-encoder&layer=3"))


@pytest.mark.parametrize(
    ("key", "mark"),
    [
        ("layer errors", ".scatterlayer .point >> nth=2"),
        ("part shares", ".barlayer .trace >> nth=1 >> .point >> nth=2"),
    ],
)
def test_in_the_plain_figures_a_click_on_a_layer_chooses_it(key, mark, visit):
    page = visit(f"{LAYERS}&plain=1")
    complete(page)
    assert len(figures(page)) == 4
    chart(page, key).locator(mark).click(force=True)
    expect(page).to_have_url(re.compile("layer=2"))


def test_the_mode_changes_the_spectra_alone(visit):
    page = visit(LAYERS)
    complete(page)
    before = figures(page)
    page.get_by_role("radio", name="mode 3").click()
    expect(page).to_have_url(re.compile("mode=3"))
    complete(page)
    assert [now != old for now, old in zip(figures(page), before, strict=True)] == [True, False, False, False]


def test_the_other_layout_is_surveyed_too(visit):
    page = visit(f"{LAYERS}&layout=released-code")
    complete(page)
    assert len(figures(page)) == 4
    assert page.get_by_test_id("stAlert").count() == 0


def test_figures_explain_themselves_and_hand_out_their_numbers(visit):
    page = visit(LAYERS)
    complete(page)
    page.locator(".st-key-about-layer-spectra button").first.click()
    settle(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Numbers (CSV)").click()
    assert download.value.suggested_filename == "layer-spectra.csv"
    page.keyboard.press("Escape")
    page.get_by_role("button", name="About: Error of every layer").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV", exact=True).click()
    assert download.value.suggested_filename == "layerErrors.csv"
