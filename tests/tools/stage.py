"""What must hold on a stage: nothing scrolls, nothing is cut, and the figures reach the end of the window."""

from __future__ import annotations

from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as StillNot

__all__ = ["out_of_sight"]

_OUT_OF_SIGHT = """() => {
    const main = document.querySelector('[data-testid="stMain"]');
    const all = root => [...root.querySelectorAll("*")].flatMap(e => e.shadowRoot ? [e, ...all(e.shadowRoot)] : [e]);
    const hasWords = e => [...e.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim());
    const box = e => e.getBoundingClientRect();
    // One pixel wide: words for those who hear the screen.
    const shown = all(main).filter(e => e.checkVisibility() && box(e).width > 2 && box(e).height > 2);
    const clips = e => ["hidden", "clip"].includes(getComputedStyle(e).overflowX);
    const below = shown.filter(e => (hasWords(e) || e.tagName === "CANVAS")
        && (box(e).bottom > innerHeight + 1 || box(e).right > innerWidth + 1));
    const cut = shown.filter(e => hasWords(e) && clips(e) && e.scrollWidth > e.clientWidth + 1);
    const scrolls = main.scrollHeight > main.clientHeight + 1 || main.scrollWidth > main.clientWidth + 1;
    const figures = shown.filter(e => e.tagName === "CANVAS" || e.matches(".js-plotly-plot"));
    const end = Math.max(...figures.map(e => box(e).bottom)) / innerHeight;
    return [
        ...(scrolls ? [`the page scrolls: ${main.scrollHeight} of ${main.clientHeight}`] : []),
        ...(end < 0.8 ? [`the figures end at ${end} of the window`] : []),
        ...below.map(e => `below or beside the window: ${e.outerHTML.slice(0, 120)}`),
        ...cut.map(e => `cut: ${e.textContent.slice(0, 120)}`),
    ];
}"""


def out_of_sight(page: Page) -> list[str]:
    """What a hall would not see of a presented screen, once the figures have followed the window."""
    try:
        page.wait_for_function(f"({_OUT_OF_SIGHT})().length === 0", timeout=30_000)
    except StillNot:
        return page.evaluate(_OUT_OF_SIGHT)
    return []
