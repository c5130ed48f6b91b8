"""What must hold on a stage: nothing scrolls, nothing is cut, and the figures reach the end of the window."""

from __future__ import annotations

from playwright.sync_api import Page, ViewportSize

from tests.tools.screen import left_over, settle

__all__ = ["fit", "out_of_sight", "too_small"]

_STEP = 0.25
"""The type grows with the window in steps of this factor."""

_SHOWN = """
    const main = document.querySelector('[data-testid="stMain"]');
    const all = root => [...root.querySelectorAll("*")].flatMap(e => e.shadowRoot ? [e, ...all(e.shadowRoot)] : [e]);
    const hasWords = e => [...e.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim());
    const box = e => e.getBoundingClientRect();
    const parent = e => e.parentElement ?? e.getRootNode().host;
    // One pixel wide: words for those who hear the screen.
    const isLarge = e => (box(e).width > 2 && box(e).height > 2) || getComputedStyle(e).display === "contents";
    const isSeen = e => e === main || (isLarge(e) && isSeen(parent(e)));
    const shown = all(main).filter(e => e.checkVisibility() && isSeen(e));
    const worded = shown.filter(hasWords);
"""
_OUT_OF_SIGHT = f"""() => {{
    {_SHOWN}
    const clips = style => [style.overflowX, style.overflowY].some(way => way !== "visible");
    const isWithin = (e, frame) => box(e).right <= box(frame).right + 1 && box(e).bottom <= box(frame).bottom + 1;
    // Large type reaches a little beyond its line.
    const overflows = e => e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > 1.2 * e.clientHeight + 1;
    const isCutBy = (e, frame) => frame !== main && clips(getComputedStyle(frame))
        && (frame === e ? overflows(e) : !isWithin(e, frame));
    const frames = e => e === main ? [] : [e, ...frames(parent(e))];
    const isText = e => e.ownerSVGElement;
    const outside = shown.filter(e => (hasWords(e) || e.tagName === "CANVAS")
        && (box(e).bottom > innerHeight + 1 || box(e).right > innerWidth + 1));
    const cut = worded.filter(e => !isText(e) && frames(e).some(frame => isCutBy(e, frame)));
    const scrolls = [main, document.documentElement].filter(e =>
        e.scrollHeight > e.clientHeight + 1 || e.scrollWidth > e.clientWidth + 1);
    const figures = shown.filter(e => e.tagName === "CANVAS" || e.matches(".js-plotly-plot"));
    const end = Math.max(...figures.map(e => box(e).bottom)) / innerHeight;
    return [
        ...scrolls.map(e => `the page scrolls: ${{e.scrollHeight}} of ${{e.clientHeight}}`),
        ...(end < 0.88 ? [`the figures end at ${{end}} of the window`] : []),
        ...outside.map(e => `below or beside the window: ${{e.outerHTML.slice(0, 120)}}`),
        ...cut.map(e => `cut: ${{e.textContent.slice(0, 120)}}`),
    ];
}}"""
_TOO_SMALL = f"""least => {{
    {_SHOWN}
    const size = e => parseFloat(getComputedStyle(e).fontSize);
    return worded.filter(e => size(e) < least - 0.05).map(e => `${{size(e)}} pixels: ${{e.textContent.slice(0, 120)}}`);
}}"""


def fit(page: Page, size: ViewportSize) -> None:
    """Give the window a size, and wait until the type has followed it."""
    page.set_viewport_size(size)
    exact = min(size["width"] / 1280, size["height"] / 720)
    page.wait_for_function(f"Number(document.documentElement.dataset.stage) === {round(exact / _STEP) * _STEP}")
    settle(page)


def out_of_sight(page: Page) -> list[str]:
    """What a hall would not see of a presented screen, once the figures have followed the window."""
    return left_over(page, f"({_OUT_OF_SIGHT})()")


def too_small(page: Page, least: float) -> list[str]:
    """Words on the screen in type below so many pixels; words in canvases are not known."""
    return left_over(page, f"({_TOO_SMALL})({least})")
