"""Links with hostile texts: the browser shows them letter by letter, and asks nobody for anything."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from tests.pages.hostile import HOSTILE
from tests.tools.screen import drawn

SHORT = [text for text in HOSTILE if len(text) < 100 and text.isprintable()]
ALIVE = (
    "img[src*='evil'], a[href*='evil'], a[href*='javascript'], script:has-text('evil'), .katex:has-text('evil'), "
    "strong:has-text('evil'), em:has-text('evil'), del:has-text('evil'), h1:has-text('evil'), li:has-text('evil'), "
    "[data-testid='stIconMaterial']:has-text('evil'), [data-testid='stIconEmoji']:has-text('evil'), "
    ".stMarkdownColoredText:has-text('evil'), .stMarkdownBadge:has-text('evil')"
)


@pytest.mark.parametrize(
    ("screen", "field", "texts"),
    [
        ("overview", "model", SHORT[:7]),
        ("decompose", "model", SHORT[7:12]),
        ("decompose", "layer", SHORT[:7]),
        ("reasoning", "layers", SHORT[7:]),
        ("compare", "benchmark", [text for text in SHORT if "," not in text][:7]),
    ],
)
def test_a_link_shows_its_words_as_they_are(screen, field, texts, visit):
    # `visit` fails where a request leaves this machine.
    parameters = {"sample": "3", "controls": "0", "methods": "tensorllm,separate", "budgets": "8"}
    said = " ; ".join(texts)
    page = visit(f"/{screen}?{urlencode(parameters | {field: said})}")
    drawn(page)
    alert = page.get_by_test_id("stAlert").first
    expect(alert).to_be_visible()
    # The row of screens leads to this app's own screens, with the same parameters.
    outside = "found => found.filter(each => each.origin !== location.origin).map(each => each.outerHTML)"
    assert page.locator(ALIVE).evaluate_all(outside) == []
    shown = re.sub(r"\s+", " ", alert.inner_text().replace("\u2060", ""))
    for text in texts[:-1]:
        # In a sentence backticks are the marks of code, which are not shown.
        assert text.replace("`", "") in shown.replace("`", "")
