"""The words of the field tell what they mean where they stand."""

from __future__ import annotations

from playwright.sync_api import expect

from pages.frame.glossary import WORDS
from tests.tools.instrument_hand import instrument_drawn

MARKED = "() => [...(CSS.highlights.get('glossary') ?? [])].map(range => range.toString())"
BOX_OF = """word => {
    const range = [...CSS.highlights.get("glossary")].find(range => range.toString() === word);
    const box = range.getBoundingClientRect();
    return [box.x + box.width / 2, box.y + box.height / 2];
}"""


def test_a_word_tells_what_it_means_the_first_time_that_it_stands_on_a_screen(visit):
    page = visit("/decompose")
    instrument_drawn(page)
    page.wait_for_function(f"({MARKED})().includes('energy')")
    marked = [word.lower().removesuffix("s") for word in page.evaluate(MARKED)]
    assert len(marked) == len(set(marked)) >= 4, "each word once"
    tip = page.locator(".st-key-glossary [role=tooltip]")
    expect(tip).to_be_hidden()
    page.mouse.move(*page.evaluate(BOX_OF, "energy"))
    expect(tip).to_have_text(WORDS["energy"])
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    page.mouse.move(2, 300)
    page.mouse.move(*page.evaluate(BOX_OF, "energy"))
    expect(tip).to_be_visible()
    page.mouse.move(2, 300)
    expect(tip).to_be_hidden()
    page.get_by_role("button", name="Help").click()
    page.get_by_text("Words", exact=True).click()
    for word, meaning in WORDS.items():
        expect(page.get_by_role("listitem").filter(has_text=meaning)).to_contain_text(word)
