"""The Layers screen in a browser: clicks on figures, controls, and downloads."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.tools.screen import drawn, figures, settle

LAYERS = "/layers?model=demo-encoder&layer=0"


def chart(page: Page, key: str) -> Locator:
    return page.locator(f".st-key-{key.replace(' ', '-')}")


def complete(page: Page) -> None:
    """Wait until all layers are read."""
    page.get_by_test_id("stProgress").first.wait_for(state="detached")
    drawn(page)


def fits(page: Page) -> bool:
    """Whether the screen shows all of its figures without scrolling."""
    return page.evaluate(
        """() => [...document.querySelectorAll(".js-plotly-plot")]
            .every(figure => figure.getBoundingClientRect().bottom <= window.innerHeight)"""
    )


def test_all_four_pictures_fit_the_screen(visit):
    page = visit(LAYERS)
    complete(page)
    assert len(figures(page)) == 4
    assert fits(page)


@pytest.mark.parametrize(
    ("key", "mark"),
    [
        ("layer errors", ".scatterlayer .point >> nth=2"),
        ("stable ranks", ".scatterlayer .trace >> nth=1 >> .point >> nth=2"),
        ("part shares", ".barlayer .trace >> nth=1 >> .point >> nth=2"),
    ],
)
def test_a_click_on_a_layer_chooses_it_and_the_links_lead_there(key, mark, visit):
    page = visit(LAYERS)
    complete(page)
    chart(page, key).locator(mark).click(force=True)
    expect(page).to_have_url(re.compile("layer=2"))
    drawn(page)
    # The other way to choose still works, and the click does not come back.
    page.get_by_role("button", name="Next layer").or_(page.locator(".st-key-next-layer button")).first.click()
    expect(page).to_have_url(re.compile("layer=3"))
    complete(page)
    expect(page.get_by_role("link", name="Heads of layer 3")).to_be_visible()
    page.get_by_role("link", name="Decompose layer 3").click()
    expect(page).to_have_title(re.compile("Decompose"))
    expect(page).to_have_url(re.compile("model=demo-encoder&layer=3"))


def test_the_ratio_moves_the_errors_and_the_link_restores_it(visit):
    page = visit(LAYERS)
    complete(page)
    before = figures(page)
    page.get_by_role("slider", name="Compression ratio").press("ArrowRight")
    expect(page).to_have_url(re.compile(r"fixed_ratio=12\.0"))
    complete(page)
    changed = [now != old for now, old in zip(figures(page), before, strict=True)]
    assert changed == [False, True, False, False]
    again = visit(page.url[page.url.index("/layers") :])
    complete(again)
    expect(again.get_by_text("Error at 12x: from")).to_be_visible()


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


def test_a_figure_explains_itself_and_hands_out_its_numbers(visit):
    page = visit(LAYERS)
    complete(page)
    page.locator(".st-key-about-layer-spectra button").first.click()
    settle(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Numbers (CSV)").click()
    assert download.value.suggested_filename == "layer-spectra.csv"
