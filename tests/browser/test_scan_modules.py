"""The modules behind the live figure of the rank scan: its focus, its sentences and its files."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest
from playwright.sync_api import Page, expect

from tensorllm_core.exports.blob import pack
from tests.tools.instrument_page import open_layer

RATIOS = [2.0, 10.0, 100.0]


@pytest.fixture
def board(modules) -> Page:
    points = [
        {
            "ranks": f"ranks ({place}, 2, 1)",
            "accuracy": 0.5 - 0.1 * place,
            "low": 0.4 - 0.1 * place,
            "high": 0.6 - 0.1 * place,
            "loss": 3.0 + place,
            "gone": "V is <b>gone</b>" if place == 2 else "",
            "words": f"ranks ({place}, 2, 1): words",
        }
        for place in range(3)
    ]
    baseline = {"accuracy": 0.45, "low": 0.4, "high": 0.5, "loss": 3.0, "words": ["original", "45.0%"]}
    blob = pack("scan", {"ratios": RATIOS, "points": points, "baseline": baseline, "best": "Best of these"}, {})
    open_layer(modules, blob, kind="scan", key="scan", ratio=10.0, now=16.0)
    return modules


def test_a_place_of_the_axis_is_the_ratio_that_stands_there_and_keys_move_along_them(board):
    inside = board.evaluate(
        """layer.ratios.map(ratio => {
            const [{ ratio: axis, box }] = instrument.plots.scan
            return axis(ratio) > box.left && axis(ratio) < box.right
        })"""
    )
    assert all(inside)
    slider = board.get_by_role("slider", name="Times smaller")
    expect(board.locator(".caption")).to_have_text("ranks (1, 2, 1): words")
    slider.press("ArrowRight")
    expect(board.locator(".warning")).to_have_text("V is <b>gone</b>")
    board.wait_for_function("released.length > 0")
    assert board.evaluate("released.at(-1).scan_ratio") == 100
    slider.press("Escape")
    expect(board.locator(".caption")).to_have_text("ranks (1, 2, 1): words")


def test_more_answers_leave_the_focus_of_a_hand_where_it_is(board):
    board.get_by_role("slider", name="Times smaller").press("ArrowRight")
    ratio = board.evaluate(
        """() => {
            instrument.act.grab()
            instrument.show({ ...layer, ratios: [2, 5, 10, 100], points: [layer.points[0], ...layer.points] },
                instrument.scene)
            return instrument.data.ratios[instrument.state.place]
        }"""
    )
    assert ratio == 100


def test_the_figure_is_saved_as_a_drawing_and_its_numbers_as_a_table(board):
    drawing = ElementTree.fromstring(board.evaluate("instrument.act.picture('scan')"))
    assert drawing.tag.endswith("svg")
    names, *rows = board.evaluate("instrument.act.numbers('scan')").splitlines()
    assert names == "ratio,ranks,accuracy,low,high,loss"
    assert rows[0] == '2,"ranks (0, 2, 1)",0.5,0.4,0.6,3'
    assert len(rows) == len(RATIOS)
