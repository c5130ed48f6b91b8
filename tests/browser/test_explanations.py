"""The explanation of a figure: it opens beside the figure or below it, and covers no figure."""

from __future__ import annotations

from tests.tools.screen import drawn

COVERED = """() => {
    const box = document.querySelector("[class*='st-key-explanation-']").getBoundingClientRect();
    const meets = figure => {
        const other = figure.getBoundingClientRect();
        return box.left < other.right - 1 && other.left < box.right - 1
            && box.top < other.bottom - 1 && other.top < box.bottom - 1;
    };
    return [...document.querySelectorAll(".js-plotly-plot")].filter(meets).length;
}"""


def test_an_explanation_opens_beside_its_figure_or_below_it_and_never_over_one(visit):
    page = visit("/overview")
    drawn(page)
    figure = page.locator(".js-plotly-plot").first
    room = figure.bounding_box()
    for name in ("About tensor of a layer", "About parameters by kind"):
        page.get_by_role("button", name=name).click()
        explanation = page.locator("[class*='st-key-explanation-']")
        explanation.get_by_text("Numbers (CSV)").wait_for()
        for width in (1280, 768, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_function(f"({COVERED})() === 0")
        page.set_viewport_size({"width": 1280, "height": 720})
        page.get_by_role("button", name=name.replace("About", "Close")).click()
        explanation.wait_for(state="detached")
    page.wait_for_function(
        "width => Math.abs(document.querySelector('.js-plotly-plot').getBoundingClientRect().width - width) < 2",
        arg=room["width"],
    )
