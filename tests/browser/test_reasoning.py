"""The Reasoning screen in a browser: runs, stops, own files, bad links, and the rank scan."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.patience import PATIENCE
from tests.tools.instrument_hand import nothing_asked_of_the_server, place
from tests.tools.screen import drawn, figures, open_screen, settle

LONG = "/reasoning?model=demo-decoder-noisy&layer=1&layers=all&r1=11&r2=6&r3=4&sample=0&split=all"


@pytest.fixture
def scene(sample: int) -> str:
    return f"/reasoning?model=demo-decoder-noisy&layer=1&layers=all&r1=12&r2=6&r3=4&sample={sample}"


def ask(page: Page) -> None:
    # A run that waits for a click has a second button, beside what it would ask.
    page.get_by_role("button", name=re.compile("Ask the questions")).first.click()


def answered(page: Page) -> None:
    """Wait until the run has ended and the screen shows all of it."""
    expect(page.get_by_role("button", name="Ask again")).to_be_enabled()
    expect(page.get_by_test_id("stProgress")).to_have_count(0)
    drawn(page)


def headline(page: Page) -> list[str]:
    return page.get_by_test_id("stMetricValue").all_inner_texts()


def test_the_screen_answers_without_a_click_and_a_reload_finds_the_answers_again(scene, visit):
    page = visit(scene)
    answered(page)
    before, drawings = headline(page), len(figures(page))
    assert re.search(r"%.*%", before[0])
    expect(page.get_by_text("Against the original.")).to_be_visible()
    expect(page.get_by_text("Against attention removed.")).to_be_visible()
    page.reload()
    answered(page)
    assert headline(page) == before
    assert len(figures(page)) == drawings >= 2


def test_another_edit_waits_for_the_button_and_then_shows_its_own_answers(scene, visit):
    page = visit(scene)
    answered(page)
    before = headline(page)
    page.get_by_text("layer 1", exact=True).click()
    expect(page).not_to_have_url(re.compile("layers=all"))
    expect(page.get_by_text("Shown: the last run.")).to_be_visible()
    assert headline(page) == before
    ask(page)
    answered(page)
    expect(page.get_by_text("Shown: the last run.")).to_have_count(0)
    assert headline(page) != before


def test_answers_stay_when_one_goes_to_another_screen_and_back(scene, visit):
    page = visit(scene)
    answered(page)
    before = headline(page)
    open_screen(page, "Overview")
    drawn(page)
    open_screen(page, "Reasoning")
    answered(page)
    assert headline(page) == before


@pytest.mark.timeout(6 * PATIENCE)
def test_a_stopped_run_keeps_what_it_has_and_leaves_the_other_visitors_running(sample, visit):
    first = visit(LONG)
    expect(first.get_by_text("5 models answer 6,000 questions each")).to_be_visible()
    ask(first)
    expect(first.get_by_test_id("stProgress")).to_be_visible()
    second = visit(LONG.replace("r1=11", "r1=10").replace("sample=0", f"sample={sample}"))
    stop = first.get_by_test_id("stMainBlockContainer").get_by_role("button", name="Stop")
    # The first results are those of five models: on a machine with other work they take minutes.
    expect(first.get_by_test_id("stMetric")).not_to_have_count(0, timeout=2000 * PATIENCE)
    stop.click()
    expect(first.get_by_text(re.compile("stopped"))).to_be_visible()
    settle(first)
    assert re.search(r"%.*%", headline(first)[0])
    so_far = re.compile(r"\d+% of the questions are answered: a random sample of (each benchmark|world-hop.* None yet)")
    expect(first.get_by_text(so_far)).to_be_visible()
    answered(second)
    assert f"of {4 * sample:,} questions" in second.get_by_test_id("stMain").inner_text()


def test_two_visitors_with_different_edits_see_their_own(scene, visit):
    paths = [scene.replace("r1=12", f"r1={rank}") for rank in (3, 24)]
    pages = [visit(path) for path in paths]
    for page in pages:
        answered(page)
    together = [headline(page) for page in pages]
    alone = []
    for path in paths:
        page = visit(path)
        answered(page)
        alone.append(headline(page))
    assert together == alone
    assert together[0] != together[1]


def test_changed_answers_can_be_searched(scene, visit):
    page = visit(scene)
    answered(page)
    counts = page.get_by_text(re.compile(r"^\d+ of \d+ changed answers"))
    shown, every = map(int, re.findall(r"\d+", counts.inner_text())[:2])
    assert shown == every > 0
    page.get_by_placeholder("Search questions and answers").fill("Profession")
    page.get_by_placeholder("Search questions and answers").press("Enter")
    expect(counts).not_to_have_text(re.compile(rf"^{shown} of"))


def test_an_own_file_is_asked_and_a_bad_one_gets_a_sentence(scene, visit, tmp_path):
    page = visit(scene)
    answered(page)
    page.get_by_role("button", name=re.compile("Own questions and prompt")).click()
    bad = tmp_path / "bad.csv"
    bad.write_text("text,label\nhello,x\n", encoding="utf-8")
    page.locator("input[type=file]").set_input_files(bad)
    expect(page.get_by_text("Expected the columns `question` and `answer`".replace("`", ""))).to_be_visible()
    good = tmp_path / "good.jsonl"
    choices = ["composer", "pilot", "teacher"]
    rows = [
        {
            "question": f"Biography: {clue} hangars cockpits. The person works as a",
            "answer": "pilot",
            "choices": choices,
        }
        for clue in ("rudders", "trials", "deadlines", "exams", "quartets")
    ]
    other = "Biography: quartets choirs. The person works as a"
    rows.append({"question": other, "answer": "composer", "choices": choices})
    good.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    page.locator("input[type=file]").set_input_files(good)
    expect(page).to_have_url(re.compile("benchmark=own"))
    page.keyboard.press("Escape")
    ask(page)
    answered(page)
    expect(page.get_by_text(re.compile("of 5 questions"))).to_be_visible()


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ("benchmark=zzz", "got zzz"),
        ("layers=0-9", "Expected a layer from 0 to 3"),
        ("split=train", "Expected `split`"),
        ("sample=-4", "Expected `sample`"),
        ("template=nothing", "Expected a prompt template"),
        ("benchmark=own%20file", "upload it again"),
    ],
)
def test_nonsense_in_the_link_costs_a_sentence(parameters, sentence, visit):
    page = visit(f"/reasoning?sample=50&{parameters}")
    expect(page.get_by_test_id("stAlert").filter(has_text=sentence.replace("`", "")).first).to_be_visible()


def scanned(page: Page) -> None:
    """Scan ratios, and wait until all of the scan is drawn."""
    answered(page)
    page.get_by_role("button", name="Scan ratios").click()
    expect(page.get_by_text("Best of these on")).to_be_visible()
    expect(page.get_by_test_id("stProgress")).to_have_count(0)
    settle(page)


def test_a_scan_on_validation_questions_follows_the_hand_and_its_ranks_are_used(scene, counted):
    page = counted(scene.replace("layers=all&", "") + "&tab=Rank+scan")
    scanned(page)
    points = page.locator(".scan .over")
    points.scroll_into_view_if_needed()
    page.mouse.move(*place(points, 0.1, 0.5))
    page.mouse.down()
    link, before = page.url, figures(page)
    with nothing_asked_of_the_server(page):
        page.mouse.move(*place(points, 0.93, 0.5), steps=6)
        expect(page.locator(".scan .caption")).to_contain_text("ranks (1, 1, 1)")
        expect(page.locator(".scan .warning")).to_contain_text("practically gone")
        assert [now != then for now, then in zip(figures(page), before, strict=True)] == [False, False, True]
        assert page.url == link
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"scan_ratio=\d{3}\.0"))
    expect(page.get_by_role("button", name="Use ranks (1, 1, 1)")).to_be_visible()
    page.get_by_role("slider", name="Times smaller").press("ArrowLeft")
    use = page.get_by_role("button", name=re.compile(r"Use ranks \(\d, \d, 1\)"))
    expect(use).not_to_have_text(re.compile(r"\(1, 1, 1\)"))
    ranks = re.findall(r"\d+", use.inner_text())
    use.click()
    expect(page.get_by_role("button", name=f"Edit: ranks ({', '.join(ranks)})")).to_be_visible()
    expect(page).to_have_url(re.compile("chosen_on=validation"))


def test_in_the_plain_figures_a_scan_draws_its_points_too(scene, visit):
    page = visit(scene.replace("layers=all&", "") + "&tab=Rank+scan&plain=1")
    scanned(page)
    assert len(figures(page)) == 3
