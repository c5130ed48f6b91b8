"""The modules behind the live figures of the Compare screen, against the functions of the plain ones."""

from __future__ import annotations

import json
import random
import xml.etree.ElementTree as ElementTree

import pytest
from playwright.sync_api import Page, expect

from tensorllm_core.exports.blob import pack
from tensorllm_core.figures.labels import keep_apart
from tensorllm_core.figures.method_curves import _short
from tests.tools.instrument_page import open_layer

RATIOS = [4.0, 8.0, 16.0]
NAMES = {"tensorllm": "TensorLLM", "laser": 'LASER, "as is"'}
LOOKS = {name: {"colour": "#d55e00", "dash": "dash", "symbol": "diamond", "width": 2} for name in NAMES}


def number(label: str, sign: int = 0) -> dict[str, object]:
    return {"label": label, "value": "40.0% → 50.0%", "note": "+10.0 points", "sign": sign, "help": ""}


def at(ratio: float) -> dict[str, object]:
    """What is known at a budget: the first method is best at 4x, the second above."""
    names = list(NAMES) if ratio < 8 else [*reversed(NAMES)]
    return {
        "numbers": [number(f"Best at {ratio:g}x", 1), number("Next", -1), number("Control")],
        "saved": number("Every method saves, at least"),
        "claim": f"{NAMES[names[0]]} is best at {ratio:g}x.",
        "against": "Against the original: better.",
        "warnings": ["Something is gone."] if ratio > 8 else [],
        "words": ["<b>Not bold.</b>"],
        "notices": [],
        "best": names[0],
        "curvesSentence": f"{ratio:g}x: best",
        "deltasSentence": f"Against the original at {ratio:g}x",
        "ranking": [
            {
                "name": name,
                "title": NAMES[name],
                "accuracy": [0.1 / place, 0.05, 0.2],
                "points": ["+1.0", "+0.5", "+2.0"],
                "loss": [-0.1 * place, -0.2, 0.1],
                "nats": ["-0.10", "-0.20", "+0.10"],
                "p": 0.01,
            }
            for place, name in enumerate(names, start=1)
        ],
    }


def point(ratio: float, accuracy: float) -> dict[str, object]:
    low, high = accuracy - 0.05, accuracy + 0.05
    return {
        "ratio": ratio,
        "stored": 65536 / ratio,
        "share": 1 / ratio,
        "accuracy": accuracy,
        "low": low,
        "high": high,
        "words": f"{accuracy:.1%} [{low:.1%}, {high:.1%}]",
    }


@pytest.fixture
def board(modules) -> Page:
    header = {
        "ratios": RATIOS,
        "budgets": [[ratio, 65536 / ratio] for ratio in RATIOS],
        "curves": [
            {"name": name, "title": title, "points": [point(ratio, 0.5 - 0.1 * place) for ratio in RATIOS]}
            for place, (name, title) in enumerate(NAMES.items())
        ],
        "baseline": point(1.0, 0.45),
        "at": [at(ratio) for ratio in RATIOS],
    }
    pinned = {"label": "before", "accuracy": 0.3, "curves": [{**header["curves"][0], "symbol": "square"}]}
    blob = pack("comparison", json.loads(json.dumps(header)), {})
    open_layer(modules, blob, kind="compare", key="comparison", ratio=16.0, looks=LOOKS, pinned=pinned)
    return modules


def test_names_keep_apart_and_counts_are_short_as_in_the_plain_figures(board):
    draw = random.Random(1)
    lists = [[round(draw.uniform(0, 100), 3) for _ in range(draw.randint(1, 9))] for _ in range(60)]
    gaps = [draw.uniform(1, 30) for _ in lists]
    counts = [draw.uniform(1, 10) * 10 ** draw.randint(0, 10) for _ in range(60)]
    moved, short = board.evaluate(
        """([lists, gaps, counts]) => [
            lists.map((places, number) => modules.marks.keptApart(places, gaps[number])),
            counts.map(modules.format.shortCount),
        ]""",
        [lists, gaps, counts],
    )
    for places, gap, found in zip(lists, gaps, moved, strict=True):
        assert found == pytest.approx(keep_apart(places, gap))
    assert [float(text.rstrip("kMG")) for text in short] == [float(_short(count).rstrip("kMG")) for count in counts]


def test_a_place_of_the_axis_is_the_budget_that_stands_there(board):
    found = board.evaluate(
        """layer.budgets.map(([ratio]) => {
            const [plot] = instrument.plots.curves
            return modules.curves.ratioAt(plot, plot.x(Math.log10(1 / ratio)))
        })"""
    )
    assert found == pytest.approx(RATIOS)
    under = board.evaluate(
        """layer.curves.map((curve, number) => {
            const [plot] = instrument.plots.curves
            const [, middle] = modules.curves.pointsOf(layer, plot, number)
            const found = modules.curves.pointUnder(layer, plot, middle.px + 2, middle.py - 2)
            return [found.curve.name, found.point.ratio]
        })"""
    )
    assert under == [[name, 8.0] for name in NAMES]
    assert board.evaluate("modules.curves.pointUnder(layer, instrument.plots.curves[0], 1, 1)") is None


def test_texts_follow_the_focus_as_texts_and_leave_figures_where_they_are(board):
    room = board.locator(".curves .ground").evaluate("ground => ground.clientHeight")
    expect(board.locator(".claim")).to_have_text('LASER, "as is" is best at 16x. Against the original: better.')
    board.get_by_role("slider", name="Focus").press("PageDown")
    board.get_by_role("slider", name="Focus").press("ArrowLeft")
    expect(board.locator(".claim")).to_have_text("TensorLLM is best at 4x. Against the original: better.")
    expect(board.locator(".words")).to_contain_text("<b>Not bold.</b>")
    assert board.locator(".words b").count() == 1
    assert board.locator(".curves .ground").evaluate("ground => ground.clientHeight") == room
    board.wait_for_function("released.length > 0")
    assert board.evaluate("released.at(-1).budget") == 4


@pytest.mark.parametrize("figure", ["curves", "deltas"])
def test_a_figure_is_saved_as_a_drawing_and_its_numbers_as_a_table(board, figure):
    drawing = ElementTree.fromstring(board.evaluate(f"instrument.act.picture('{figure}')"))
    assert drawing.tag.endswith("svg")
    _, *rows = board.evaluate(f"instrument.act.numbers('{figure}')").splitlines()
    assert len(rows) == {"curves": 7, "deltas": 6}[figure]
    assert any('"LASER, ""as is"""' in row for row in rows)
