"""The Decompose screen in a browser: the live instrument under a hand, numbers, links and bad links."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.tools.instrument_hand import (
    cores,
    headline,
    instrument_drawn,
    landscape,
    linked,
    nothing_asked_of_the_server,
    number_field,
    open_counting,
    parts,
    pixels,
    place,
    press,
    rank,
    ring,
    slider,
    spectrum,
)
from tests.tools.screen import drawn, settle

SCENE = "/decompose?model=demo-decoder-noisy&layer=1&r1=6&r2=5&r3=3"


def path_of(page: Page) -> str:
    parts = urlsplit(page.url)
    return f"{parts.path}?{parts.query}"


def ranks(page: Page) -> list[int]:
    return [rank(page, name) for name in ("R1", "R2", "R3")]


def test_everything_follows_a_drag_of_the_ring_and_the_server_hears_of_it_at_the_end(live):
    page = live(SCENE)
    page.mouse.move(*ring(page))
    page.mouse.down()
    before = headline(page), parts(page), pixels(landscape(page)), pixels(spectrum(page, 1)), pixels(cores(page))
    link = page.url
    with nothing_asked_of_the_server(page):
        page.mouse.move(*place(landscape(page), 0.45, 0.35), steps=12)
        expect(number_field(page, "R1")).not_to_have_value("6")
        after = headline(page), parts(page), pixels(landscape(page)), pixels(spectrum(page, 1)), pixels(cores(page))
        assert all(now != then for now, then in zip(after, before, strict=True))
        assert page.url == link
    dragged = ranks(page)
    page.mouse.up()
    expect(page).to_have_url(re.compile("r1={}&r2={}&r3={}".format(*dragged)))
    settle(page)
    assert headline(page) == after[0]
    # What is typed gives the same address and the same figures.
    typed = live(SCENE)
    for name, value in zip(("R1", "R2"), dragged, strict=False):
        number_field(typed, name).fill(f"{value}")
        number_field(typed, name).press("Enter")
    expect(typed).to_have_url(re.compile("r1={}&r2={}&r3={}".format(*dragged)))
    settle(typed)
    typed.mouse.move(0, 0)
    page.mouse.move(0, 0)
    assert path_of(typed) == path_of(page)
    assert (headline(typed), parts(typed)) == (headline(page), parts(page))
    assert pixels(cores(typed)) == pixels(cores(page))
    assert pixels(landscape(typed)) == pixels(landscape(page))


def test_a_rank_is_dragged_in_its_spectrum_and_scrubbed_on_the_third_axis(live):
    page = live(SCENE)
    with nothing_asked_of_the_server(page):
        page.mouse.move(*place(spectrum(page, 2), 0.3, 0.5))
        page.mouse.down()
        page.mouse.move(*place(spectrum(page, 2), 0.7, 0.5), steps=6)
        expect(number_field(page, "R2")).not_to_have_value("5")
    page.mouse.up()
    expect(page).to_have_url(re.compile(f"r2={rank(page, 'R2')}&"))
    page.mouse.click(*place(landscape(page), 0.96, 0.2))
    expect(page).to_have_url(re.compile("r3=1"))
    page.mouse.move(*place(spectrum(page, 3), 0.5, 0.5))
    # Without the focus the wheel scrolls the page.
    page.mouse.wheel(0, -100)
    spectrum(page, 3).focus()
    assert rank(page, "R3") == 1
    page.mouse.wheel(0, -100)
    expect(page).to_have_url(re.compile("r3=2"))


def test_keys_move_a_rank_and_escape_takes_it_back(live):
    page = live(SCENE)
    press(page, "R1", "ArrowRight")
    press(page, "R1", "Shift+ArrowRight")
    assert linked(page)["r1"] == "15"
    press(page, "R1", "PageDown")
    assert linked(page)["r1"] == "7"
    press(page, "R1", "Escape")
    assert linked(page)["r1"] == "15"
    landscape(page).focus()
    landscape(page).press("ArrowUp")
    expect(page).to_have_url(re.compile("r2=6"))
    page.mouse.move(*ring(page))
    page.mouse.down()
    page.mouse.move(*place(landscape(page), 0.3, 0.6), steps=4)
    expect(number_field(page, "R1")).not_to_have_value("15")
    page.keyboard.press("Escape")
    expect(number_field(page, "R1")).to_have_value("15")
    page.mouse.up()
    assert ranks(page) == [15, 6, 3]


def test_a_line_of_equal_ratio_is_held(live):
    page = live(SCENE.replace("r1=6", "r1=12"))
    # Break-even aside, the ratio under the hand stays what the line says, to what whole ranks allow.
    hint = page.locator(".landscape .caption")
    for across in range(20, 70):
        page.mouse.move(*place(landscape(page), across / 100, 0.3))
        if "Drag along the line" in hint.inner_text():
            break
    ratio = float(re.search(r"all (\d+)x smaller", hint.inner_text())[1])
    page.mouse.down()
    page.mouse.move(*place(landscape(page), 0.5, 0.5), steps=5)
    shown = float(headline(page)[0].rstrip("x"))
    page.mouse.up()
    assert ratio <= shown < 1.5 * ratio
    settle(page)


def test_a_finger_drags_as_a_mouse_does(server, browser):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(server.url + SCENE)
    instrument_drawn(page)
    landscape(page).scroll_into_view_if_needed()
    touch = context.new_cdp_session(page)

    def finger(kind: str, across: float, down: float) -> None:
        x, y = place(landscape(page), across, down)
        points = [] if kind == "touchEnd" else [{"x": x, "y": y}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    finger("touchStart", 0.6, 0.3)
    for step in range(6):
        finger("touchMove", 0.6 - 0.06 * step, 0.3 + 0.05 * step)
    expect(number_field(page, "R1")).not_to_have_value("6")
    link = page.url
    finger("touchEnd", 0, 0)
    expect(page).not_to_have_url(link)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    context.close()


def test_a_pinned_mark_stays_in_the_figures_and_in_the_link(live):
    page = live(SCENE)
    page.get_by_role("button", name="Pin to compare").click()
    expect(page).to_have_url(re.compile("pins=6-5-3"))
    press(page, "R1", "PageUp")
    ghosts = page.locator(".ghosts")
    expect(ghosts).to_contain_text(re.compile(r"A \(6, 5, 3\): .*x smaller, error .*, yours lose less by"))
    again = live(path_of(page))
    expect(again.locator(".ghosts")).to_have_text(ghosts.inner_text())
    press(again, "R1", "PageDown")
    again.get_by_role("button", name="Unpin").click()
    expect(again).not_to_have_url(re.compile("pins"))


def test_a_head_that_is_clicked_is_taken_everywhere(live):
    page = live(f"{SCENE}&tab=One+core")
    page.mouse.move(*place(cores(page), 0.3, 0.6))
    hint = page.locator(".cores .caption")
    expect(hint).to_contain_text("Click to take this head everywhere")
    head = re.search(r"head (\d+)", hint.inner_text())[1]
    page.mouse.click(*place(cores(page), 0.3, 0.6))
    expect(page).to_have_url(re.compile(f"group={head}&"))
    settle(page)
    expect(page.get_by_text(f"The core of head {head}")).to_be_visible()


def test_by_ratio_and_by_error_the_best_ranks_follow_the_hand(live):
    page = live(SCENE)
    page.get_by_role("radio", name="Ratio").click()
    expect(page).to_have_url(re.compile("by=compression"))
    field = page.get_by_role("spinbutton", name="Smaller by at least")
    field.fill("12")
    field.press("Enter")
    expect(page).to_have_url(re.compile("ratio=12"))
    assert float(headline(page)[0].rstrip("x")) >= 12
    page.get_by_role("radio", name="Error").click()
    expect(page).to_have_url(re.compile("by=error"))
    field = page.get_by_role("spinbutton", name="Error at most")
    field.fill("0.85")
    field.press("Enter")
    expect(page).to_have_url(re.compile("error=0.85"))
    assert float(headline(page)[1]) <= 0.85


def test_refined_factors_change_the_error_after_the_release(live):
    page = live(SCENE)
    before = float(headline(page)[1])
    page.get_by_role("checkbox", name="Refine the factors").check()
    expect(page.locator(".metric.error .note")).to_contain_text("refined")
    assert float(headline(page)[1]) < before


def test_an_explanation_opens_beside_its_figure_and_saves_it(live):
    page = live(SCENE)
    page.get_by_role("button", name="About: The error at all ranks").click()
    panel = page.get_by_role("complementary", name="About the figure")
    panel.wait_for()
    left = panel.bounding_box()["x"]
    assert all(left >= place(figure, 1, 0)[0] for figure in (landscape(page), spectrum(page, 1), cores(page)))
    for kind in ("SVG", "PNG", "CSV"):
        with page.expect_download() as download:
            panel.get_by_role("button", name=kind).click()
        assert download.value.suggested_filename == f"landscape.{kind.lower()}"


def test_the_plain_figures_stand_where_the_live_ones_cannot(visit):
    page = visit(f"{SCENE}&plain=1")
    drawn(page)
    assert page.locator(".js-plotly-plot").count() >= 3
    assert page.locator(".instrument").count() == 0


def test_the_copied_link_restores_the_scene_for_another_visitor(visit):
    first = visit(SCENE)
    first.context.grant_permissions(["clipboard-read", "clipboard-write"])
    instrument_drawn(first)
    press(first, "R1", "ArrowRight")
    press(first, "R2", "ArrowLeft")
    first.get_by_role("button", name="Copy").click()
    expect(first.get_by_role("button", name="Copied")).to_be_visible()
    copied = urlsplit(first.evaluate("navigator.clipboard.readText()"))
    second = visit(f"{copied.path}?{copied.query}")
    instrument_drawn(second)
    assert ranks(second) == [7, 4, 3]
    assert headline(second) == headline(first)
    assert path_of(second) == path_of(first)


def test_two_visitors_with_different_ranks_see_their_own(visit):
    first, second = visit(SCENE), visit(SCENE.replace("r1=6", "r1=14"))
    instrument_drawn(first)
    instrument_drawn(second)
    assert headline(first) != headline(second)
    seen_by_second = headline(second), path_of(second)
    press(first, "R1", "ArrowLeft")
    assert (rank(first, "R1"), rank(second, "R1")) == (5, 14)
    assert (headline(second), path_of(second)) == seen_by_second
    seen_by_first = headline(first)
    press(second, "R2", "ArrowRight")
    assert (rank(first, "R2"), rank(second, "R2")) == (5, 6)
    assert headline(first) == seen_by_first


@pytest.mark.parametrize(
    "parameters",
    [
        "r1=0&r2=4&r3=2",
        "r1=-3&r2=4&r3=2",
        "r1=abc&r2=4&r3=2",
        "r1=99999&r2=4&r3=2",
        "r1=1e9&r2=4&r3=2",
        "r1=4",
        "layer=99",
        "layer=-1",
        "layer=one",
        "model=nope",
        "model=..%2F..%2Fetc",
        "model=%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "layout=zzz",
        "pins=1-2,3",
    ],
)
def test_nonsense_in_the_link_gets_one_plain_sentence_and_a_usable_screen(parameters, visit):
    page = visit(f"/decompose?{parameters}")
    instrument_drawn(page)
    alerts = page.get_by_test_id("stAlert").all_inner_texts()
    assert len(alerts) == 1
    sentence = alerts[0].strip().splitlines()[-1]
    assert re.fullmatch(r"[A-Z].+\.", sentence)
    before = headline(page)
    press(page, "R2", "ArrowLeft")
    assert headline(page) != before
    expect(page.get_by_test_id("stAlert")).to_have_count(0)


def test_parameters_that_mean_nothing_are_named_and_passed_over(visit):
    page = visit(f"{SCENE}&colour=blue&r4=7")
    instrument_drawn(page)
    assert rank(page, "R1") == 6
    alert = page.get_by_test_id("stAlert")
    expect(alert).to_contain_text("colour")
    expect(alert).to_contain_text("r4")


def test_the_layer_comes_once_and_stepping_to_another_draws_that_one(visit):
    page, received = open_counting(visit, SCENE)
    # The bytes of the layer are some hundred thousand; a released rank is answered with far fewer.
    assert max(received) > 400_000
    received.clear()
    press(page, "R1", "ArrowRight")
    assert sum(received) < 400_000
    before = headline(page)
    page.get_by_role("button", name="Next layer").click()
    expect(page).to_have_url(re.compile("layer=2"))
    settle(page)
    expect(page.locator(".metric .value").nth(1)).not_to_have_text(before[1])
    assert slider(page, "R1").is_enabled()
