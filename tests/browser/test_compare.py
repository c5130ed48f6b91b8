from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.tools.instrument_hand import nothing_asked_of_the_server, place
from tests.tools.screen import drawn, figures, settle

LONG = "/compare?model=demo-decoder-noisy&layer=1&budget=11&sample=0&split=all"


@pytest.fixture
def scene(sample: int) -> str:
    return (
        "/compare?model=demo-decoder-noisy&layer=1&methods=tensorllm,laser,random-subspace&budgets=8"
        f"&benchmark=world-bios,world-facts&sample={sample}"
    )


def compared(page: Page) -> None:
    """Wait until the run has ended and the screen shows all of it."""
    expect(page.get_by_role("button", name="Compare again")).to_be_enabled()
    expect(page.get_by_test_id("stProgress")).to_have_count(0)
    drawn(page)


def headline(page: Page) -> list[str]:
    return page.locator(".metrics .value").all_inner_texts()


def test_it_compares_without_a_click_and_its_link_restores_it_for_somebody_else(scene, visit):
    page = visit(scene)
    compared(page)
    expect(page.get_by_text("has the highest accuracy of these methods.")).to_be_visible()
    before, drawings = headline(page), len(figures(page))
    assert drawings == 3
    assert page.locator(".instrument").evaluate("board => board.getBoundingClientRect().bottom") <= 720
    page.get_by_role("tab", name="Any two methods").click()
    expect(page).to_have_url(re.compile("tab=Any"))
    other = visit("/" + page.url.split("/", 3)[3])
    compared(other)
    assert headline(other) == before
    expect(other.get_by_role("tab", name="Any two methods")).to_have_attribute("aria-selected", "true")
    expect(other.get_by_text("From LASER to TensorLLM, at 16x.")).to_be_visible()


def test_the_focus_is_dragged_among_the_budgets_asked_and_the_scene_follows_at_the_end(scene, live):
    page = live(scene)
    compared(page)
    curves = page.locator(".curves .over")
    before = headline(page), figures(page)
    page.mouse.move(*place(curves, 0.66, 0.5))
    page.mouse.down()
    link = page.url
    with nothing_asked_of_the_server(page):
        page.mouse.move(*place(curves, 0.15, 0.5), steps=6)
        expect(page.locator(".curves .caption")).to_contain_text("8x: ")
        expect(page.locator(".metrics .label").first).to_contain_text("Best at 8x: ")
        expect(page.locator(".deltas .caption")).to_contain_text("Against the original at 8x: of 2 methods")
        after = headline(page), figures(page)
        assert after[0] != before[0]
        assert [now != then for now, then in zip(after[1], before[1], strict=True)] == [False, True, True]
        assert page.url == link
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"budget=8\.0&budgets=8%2C16"))
    compared(page)
    assert headline(page) == after[0]
    expect(page.get_by_text("Shown: the last run.")).to_have_count(0)
    slider = page.get_by_role("slider", name="Focus among the budgets asked")
    slider.press("ArrowRight")
    expect(page).to_have_url(re.compile("budgets=8%2C16"))
    expect(page).not_to_have_url(re.compile("budget=8"))
    compared(page)
    assert headline(page) == before[0]
    slider.press("Escape")
    expect(page).to_have_url(re.compile(r"budget=8\.0"))


def test_a_stopped_comparison_keeps_what_it_has(visit):
    page = visit(LONG)
    expect(page.get_by_text("29 models answer 6,000 questions each")).to_be_visible()
    page.get_by_role("button", name="Compare", exact=True).last.click()
    expect(page.locator(".metrics .metric")).not_to_have_count(0)
    page.get_by_test_id("stMainBlockContainer").get_by_role("button", name="Stop").click()
    expect(page.get_by_text(re.compile("Comparing: stopped"))).to_be_visible()
    settle(page)
    assert re.search(r"%.*%", headline(page)[0])
    so_far = re.compile(r"\d+% of the questions are answered: a random sample of (each benchmark|world-hop.* None yet)")
    expect(page.get_by_text(so_far)).to_be_visible()
    expect(page.get_by_test_id("stProgress")).to_have_count(0)


def test_a_pinned_result_stays_in_grey_while_methods_change(scene, visit):
    page = visit(scene)
    compared(page)
    page.get_by_role("button", name="Pin", exact=False).first.click()
    expect(page.get_by_text("Grey, pinned: demo-decoder-noisy, 4 layers")).to_be_visible()
    page.get_by_role("button", name=re.compile(r"^3 of \d+ methods$")).click()
    page.get_by_role("button", name="TensorLLM, refined").click()
    expect(page).to_have_url(re.compile("tensorllm-refined"))
    page.keyboard.press("Escape")
    expect(page.get_by_text("Shown: the last run.")).to_be_visible()
    page.get_by_role("button", name="Compare", exact=True).last.click()
    compared(page)
    expect(page.get_by_text("Grey, pinned: demo-decoder-noisy, 4 layers")).to_be_visible()
    expect(page.get_by_role("button", name="Unpin")).to_be_visible()
