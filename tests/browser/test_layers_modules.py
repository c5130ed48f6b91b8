"""The modules behind the live figure of the Layers screen: their numbers against the surveyed layers', their files."""

from __future__ import annotations

import base64
import xml.etree.ElementTree as ElementTree

import pytest
import torch
from playwright.sync_api import Page, expect

from tensorllm_core.experiments.gone import gone_sentences
from tensorllm_core.experiments.layer_store import LayerStore
from tensorllm_core.experiments.layers import Survey, survey
from tensorllm_core.exports.survey_blob import reachable_ratios, survey_blob
from tensorllm_core.models.checkpoint import open_checkpoint
from tensorllm_core.types import Layout
from tests.tools.instrument_page import open_layer


@pytest.fixture(scope="module")
def surveyed() -> Survey:
    checkpoint = open_checkpoint("demo-encoder")
    store = LayerStore(None)
    return survey(checkpoint, Layout.PAPER, store, torch.device("cpu"), lambda share, message: True)


@pytest.fixture
def board(modules, surveyed) -> Page:
    open_layer(modules, survey_blob(surveyed, "layers"), kind="layers", key="layers", ratio=11.5, layer=2)
    return modules


def test_errors_ranks_and_noise_at_every_ratio_are_those_of_the_survey(board, surveyed):
    shown = board.evaluate(
        """layer.ratios.map((ratio, place) => {
            const numbers = modules.layers.ratioNumbers(layer, { place })
            const ranks = layer.numbers.map((_, row) => modules.layers.ranksOf(layer, row, place))
            return [ratio, numbers.errors, numbers.chance, ranks, layer.gone[place]]
        })"""
    )
    assert [ratio for ratio, *_ in shown] == reachable_ratios(surveyed)
    for number, errors, chance, ranks, gone in shown:
        ratio = float(number)
        assert errors == [summary.error_at(ratio) for _, summary in sorted(surveyed.layers.items())]
        assert ranks == [list(summary.ranks_at(ratio)) for _, summary in sorted(surveyed.layers.items())]
        draws = [summary.error_at(ratio) for summary in surveyed.null]
        assert chance == pytest.approx({"low": min(draws), "mean": sum(draws) / len(draws), "high": max(draws)})
        by_layer = {layer: summary.gone_at(ratio) for layer, summary in surveyed.layers.items()}
        assert gone == " ".join(gone_sentences(by_layer, most=1))


@pytest.mark.parametrize(
    ("key", "shift", "after"),
    [
        ("ArrowRight", False, 11.0),
        ("ArrowDown", True, 4.0),
        ("PageUp", False, 20.0),
        ("PageDown", False, 5.0),
        ("Home", False, 1.0),
        ("End", False, 400.0),
        ("x", False, None),
    ],
)
def test_a_key_moves_the_ratio_by_a_stop_by_eight_or_to_its_half(board, key, shift, after):
    moved = board.evaluate(
        """([key, shift]) => {
            const { nearestStop, stopAfterKey } = modules.stops
            const place = stopAfterKey(layer.ratios, nearestStop(layer.ratios, 10), key, shift)
            return place === null ? null : layer.ratios[place]
        }""",
        [key, shift],
    )
    assert moved == after


def test_the_slider_and_the_nearest_stop_agree(board):
    assert board.evaluate(
        """layer.ratios.every((ratio, place) => {
            const { nearestStop, shareOfStop, stopAtShare } = modules.stops
            return stopAtShare(layer.ratios, shareOfStop(layer.ratios, place)) === place
                && nearestStop(layer.ratios, ratio * 1.01) === place
        })"""
    )
    assert board.evaluate("instrument.state.place === layer.ratios.indexOf(12)")


def test_more_layers_keep_what_is_in_the_hand(board, surveyed):
    board.evaluate("instrument.act.grab(); instrument.act.stop(3, {})")
    partial = Survey(surveyed.count, {0: surveyed.layers[0]}, surveyed.null[:1], {})
    kept = board.evaluate(
        """bytes => {
            const more = modules.blob.readBlob(Uint8Array.from(atob(bytes), letter => letter.charCodeAt(0)))
            instrument.show(more, { ...instrument.scene, key: "more", ratio: 100 })
            return instrument.state.place
        }""",
        base64.b64encode(survey_blob(partial, "more")).decode(),
    )
    assert kept == 3
    expect(board.locator(".layerErrors .caption")).to_contain_text("in layer 0; Gaussian weights have")


def test_the_figure_is_saved_as_a_drawing_and_its_numbers_as_a_table(board, surveyed):
    drawing = ElementTree.fromstring(board.evaluate("instrument.act.picture('layerErrors')"))
    assert drawing.tag.endswith("svg")
    names, *rows = board.evaluate("instrument.act.numbers('layerErrors')").splitlines()
    assert names == "layer,ratio,relative error,R1,R2,R3"
    assert len(rows) == len(reachable_ratios(surveyed)) * (len(surveyed.layers) + len(surveyed.null))
