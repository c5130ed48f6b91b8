"""The instrument's modules alone in a browser: their numbers against the core's, their drawings, their files."""

from __future__ import annotations

import random
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
import torch
from playwright.sync_api import Page

from pages.controls.texts import error_text
from tensorllm_core.exports import layer_blob as blobs
from tensorllm_core.exports.layer_blob import layer_blob
from tensorllm_core.linalg.rank_choice import (
    clamp_ranks,
    largest_rank,
    ranks_for_compression,
    ranks_for_error,
    tied_ranks,
)
from tensorllm_core.linalg.slices import core_seen_from_part
from tensorllm_core.runs.layer_analysis import LayerAnalysis, errors_of_slices, rank_result
from tensorllm_core.types import Ranks, TensorShape
from tests.tools.instrument_layers import MODELS, first_picture, grouped, random_ranks
from tests.tools.instrument_page import made_up_analysis, open_layer

LARGE = TensorShape(700, 80, 6, 5)


@pytest.fixture
def page(modules: Page) -> Page:
    return modules


@pytest.mark.parametrize("model", MODELS)
def test_the_numbers_of_any_ranks_are_the_cores_to_the_shown_digits(page, model):
    analysis = MODELS[model]()
    open_layer(page, layer_blob(analysis, "a layer"))
    triples = random_ranks(analysis, 200)
    shown = page.evaluate(
        """triples => triples.map(used => {
            const { format, readout } = modules
            const numbers = readout.numbersAt(layer, { used }, null)
            return [
                format.errorText(numbers.error), format.errorText(numbers.lower, 3), format.errorText(numbers.best, 3),
                format.ratioText(numbers.ratio), format.wholeText(numbers.stored), numbers.isExact, numbers.partsExact,
                ...numbers.parts.map(error => format.errorText(error, 2)),
            ]
        })""",
        triples,
    )
    for ranks, numbers in zip(triples, shown, strict=True):
        result = rank_result(analysis, ranks)
        ratio = result.compression_ratio
        parts = errors_of_slices(analysis, result).by_part().astype(np.float32)
        assert numbers == [
            error_text(result.relative_error, 4),
            error_text(result.lower, 3),
            error_text(min(result.upper, result.relative_error), 3),
            f"{ratio:.1f}x" if ratio < 100 else f"{ratio:,.0f}x",
            f"{result.stored_entries:,}",
            True,
            True,
            *(error_text(float(error)) for error in parts),
        ]


@pytest.mark.parametrize("model", MODELS)
def test_the_cells_of_the_cores_are_the_cores_of_the_truncation(page, model):
    analysis = MODELS[model]()
    open_layer(page, layer_blob(analysis, "a layer"))
    draw = random.Random(3)
    asked, expected = [], []
    for ranks in random_ranks(analysis, 40):
        tucker = rank_result(analysis, ranks).tucker
        view = draw.choice([*map(str, range(1, ranks.r3 + 1)), *analysis.tensor.parts])
        slices = (
            tucker.core[:, :, int(view) - 1]
            if view.isdigit()
            else core_seen_from_part(tucker, analysis.tensor.parts.index(view))
        )
        a, b, group = (draw.randrange(side) for side in slices.shape)
        asked.append({"view": view, "ranks": ranks, "cell": {"group": group, "a": a, "b": b}})
        expected.append(float(slices[a, b, group]))
    values = page.evaluate(
        """asked => asked.map(
            ({ view, ranks, cell }) => modules.core_values.cellValue(layer, view, ranks, cell).value
        )""",
        asked,
    )
    assert values == pytest.approx(expected, rel=1e-5, abs=1e-7)


def test_ranks_for_an_error_for_a_ratio_and_tied_ones_are_those_of_the_core(page):
    analysis = grouped()
    open_layer(page, layer_blob(analysis, "a layer"))
    errors = [0.0, 1e-9, 0.05, 0.3, 0.7, 0.99, 1.0]
    ratios = [0.3, 1.0, 1.5, 4.0, 20.0, 60.0]
    wishes = [[0, 5, 9], [999, 2, 1], [1, 12, 6], [60, 1, 1], [7, 7, 7]]
    found = page.evaluate(
        """([errors, ratios, wishes]) => {
            const { lookup } = modules
            return [
                errors.map(error => lookup.ranksForError(layer, error)),
                ratios.map(ratio => lookup.ranksForRatio(layer, ratio)),
                wishes.map(ranks => lookup.clampRanks(layer, ranks)),
                [1, 3, 12].map(r => lookup.tiedRanks(layer, r, 2)),
                wishes.map(ranks => lookup.clampRanks(layer, ranks)).map(
                    ranks => [0, 1, 2].map(mode => lookup.largestRank(layer, ranks, mode))
                ),
            ]
        }""",
        [errors, ratios, wishes],
    )
    clamped = [clamp_ranks(analysis.shape, Ranks(*wish)) for wish in wishes]
    assert found == [
        [list(ranks_for_error(analysis.table, error)) for error in errors],
        [list(ranks_for_compression(analysis.table, ratio)) for ratio in ratios],
        [list(ranks) for ranks in clamped],
        [list(tied_ranks(analysis.shape, r, 2)) for r in (1, 3, 12)],
        [[largest_rank(analysis.shape, ranks, mode) for mode in (1, 2, 3)] for ranks in clamped],
    ]


def test_a_large_layer_is_sent_on_grids_and_says_where_a_number_is_between_them(page, monkeypatch):
    monkeypatch.setattr(blobs, "MOST_BYTES", 3 * 2**20)
    analysis = made_up_analysis(LARGE)
    blob = layer_blob(analysis, "a layer")
    assert len(blob) <= 3 * 2**20
    open_layer(page, blob, chosen=[40, 20, 3])
    grid, parts = page.evaluate("[Array.from(layer.arrays.table_r1), Array.from(layer.arrays.slices_r1)]")
    between = next(rank for rank in range(1, 700) if rank not in grid)
    assert grid[:8] == parts[:8] == list(range(1, 9))
    # Also the largest rank, which is far beyond the number of grid lines.
    triples = [Ranks(grid[-3], 40, 3), Ranks(between, 40, 3), Ranks(700, 40, 3)]
    looked = page.evaluate("triples => triples.map(ranks => modules.lookup.relativeError(layer, ranks))", triples)
    exact = [analysis.table.relative_error(ranks) for ranks in triples]
    assert [each["isExact"] for each in looked] == [True, False, True]
    assert looked[2]["value"] == pytest.approx(exact[2], rel=1e-6)
    assert looked[0]["value"] == pytest.approx(exact[0], rel=1e-6)
    assert looked[1]["value"] == pytest.approx(exact[1], abs=2e-3)
    # A cell of the core shows an entry that stands in it.
    shown = page.evaluate("modules.core_values.cellValue(layer, 'Q2', [700, 80, 6], { group: 2, a: 650, b: 70 })")
    part = core_seen_from_part(rank_result(analysis, Ranks(700, 80, 6)).tucker, analysis.tensor.parts.index("Q2"))
    band = part[shown["rows"][0] - 1 : shown["rows"][1], shown["columns"][0] - 1 : shown["columns"][1], 2]
    assert shown["rows"][0] <= 651 <= shown["rows"][1]
    assert torch.isclose(band, torch.tensor(shown["value"]), rtol=1e-5).any()


def test_a_first_picture_is_drawn_in_the_axes_of_the_whole_and_claims_no_more_than_it_knows(page):
    analysis = first_picture(TensorShape(300, 12, 4, 8), 10)
    first = analysis.decomposition
    open_layer(page, layer_blob(analysis, "a layer"), chosen=[200, 6, 3])
    limits, used, kept, words, at_edge, possible = page.evaluate(
        """() => {
            const { spectra, landscape, lookup } = modules
            const [plot] = instrument.plots.landscape
            return [
                layer.limits, instrument.state.used, Array.from(spectra.cumulativeEnergy(layer, 0)),
                document.querySelector(".controls").innerText,
                landscape.ranksAt(layer, plot, plot.box.right, plot.box.top, 3),
                lookup.isPossible(layer, [11, 6, 3]),
            ]
        }"""
    )
    assert (limits, used, at_edge, possible) == ([300, 12, 4], [10, 6, 3], [10, 12, 3], False)
    assert "300" in words
    energy = first.spectra[0].square().cumsum(0) / first.norm**2
    assert kept == pytest.approx(energy.tolist(), rel=1e-5)
    result = rank_result(analysis, Ranks(10, 6, 3))
    shown = page.evaluate("modules.readout.numbersAt(layer, { used: [10, 6, 3] }, null)")
    assert [shown["error"], shown["lower"]] == pytest.approx([result.relative_error, result.lower], rel=1e-6)


@pytest.mark.parametrize("shape", [TensorShape(1, 1, 4, 1), TensorShape(3, 2, 4, 40), TensorShape(5, 8, 10, 2)])
def test_layers_of_any_shape_are_drawn(page, shape):
    open_layer(page, layer_blob(made_up_analysis(shape), "a layer"), chosen=[99, 99, 99], view="Q")
    painted = page.evaluate(
        """() => [...document.querySelectorAll("canvas")].every(canvas => {
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height)
            return data.some(Boolean)
        })"""
    )
    assert painted


def test_a_layer_of_zeros_is_drawn(page):
    analysis = made_up_analysis(TensorShape(4, 3, 4, 2))
    zero = made_up_analysis(TensorShape(4, 3, 4, 2))
    zero.decomposition.core.zero_()
    layer = LayerAnalysis(analysis.plan, zero.tensor, zero.decomposition, analysis.table)
    open_layer(page, layer_blob(layer, "a layer"))
    assert page.locator(".metric.error .value").inner_text() != ""


def test_a_cell_of_the_landscape_has_the_colour_of_its_error(page):
    analysis = grouped()
    open_layer(page, layer_blob(analysis, "a layer"), isAbsolute=True)
    pixel, expected = page.evaluate(
        """() => {
            const { landscape, error_scale, look } = modules
            const plot = instrument.plots.landscape[0], theme = instrument.theme
            const colours = error_scale.errorScale(layer, true)
            const image = landscape.heatPixels(layer, plot, 2, theme.errorPixels(colours), theme.look, 1)
            const [x, y] = [plot.x(9) - plot.box.left, plot.y(5) - plot.box.top].map(Math.floor)
            const found = new Uint32Array(image.data.buffer)[y * image.width + x]
            const error = modules.lookup.relativeError(layer, [9, 5, 2]).value
            return [found, look.pixelsOf(theme.look.errorScale)[Math.round(colours.shareOf(error) * 255)]]
        }"""
    )
    assert pixel == expected


@pytest.mark.parametrize("figure", ["landscape", "spectra", "cores"])
def test_a_figure_is_saved_as_a_drawing_and_its_numbers_as_a_table(page, figure):
    analysis = grouped()
    open_layer(page, layer_blob(analysis, "a layer"))
    act = "instrument.act"
    drawing = ElementTree.fromstring(page.evaluate(f"{act}.picture('{figure}')"))
    assert drawing.tag.endswith("svg")
    assert len(list(drawing.iter())) > 8
    assert not [each for each in drawing.iter() if each.tag.endswith("script")]
    names, *rows = page.evaluate(f"{act}.numbers('{figure}')").splitlines()
    assert len(names.split(",")) == len(rows[0].split(",")) == 4
    size = page.evaluate(f"new Promise(done => {act}.pixels('{figure}', blob => done([blob.type, blob.size])))")
    assert size[0] == "image/png"
    assert size[1] > 1000


@pytest.mark.parametrize(
    ("key", "shift", "after"),
    [
        ("ArrowRight", False, 13),
        ("ArrowDown", True, 4),
        ("PageUp", False, 24),
        ("PageDown", False, 6),
        ("End", False, 60),
        ("Home", False, 1),
        ("x", False, None),
    ],
)
def test_a_key_moves_a_rank_by_one_by_eight_or_by_a_halving(page, key, shift, after):
    assert page.evaluate("([key, shift]) => modules.state.rankAfterKey(12, key, shift, 60)", [key, shift]) == after
