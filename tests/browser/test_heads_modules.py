"""The modules behind the live figures of the Heads screen: their numbers against the core's, their files."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from playwright.sync_api import expect

from pages.controls.texts import error_text
from pages.heads.similarity import HeadComparison, compare_heads, query_similarity
from tensorllm_core.exports import layer_blob as blobs
from tensorllm_core.exports.layer_blob import layer_blob
from tensorllm_core.runs.layer_analysis import rank_result
from tensorllm_core.types import Ranks, TensorShape
from tests.tools.instrument_layers import MODELS, first_picture, random_ranks
from tests.tools.instrument_page import made_up_analysis, open_layer

FIGURES = ("profile", "cells", "similarity", "contrast")
_NUMBERS = """ranks => ranks.map(used => {
    const { heads, slices } = modules
    const numbers = heads.headNumbers(layer, { used, group: 0, pins: [] }, { exact: null })
    return {
        cells: numbers.cells, groups: numbers.groups, energy: Array.from(slices.energyShares(layer)),
        least: numbers.least, most: numbers.most, isExact: numbers.cellsExact, isOld: numbers.compared.isOld,
        cosines: numbers.compared.cosines && Array.from(numbers.compared.cosines), pair: numbers.compared.pair,
        chance: numbers.compared.chance,
    }
})"""


def compared(analysis, ranks: Ranks) -> HeadComparison:
    return compare_heads(analysis, rank_result(analysis, ranks))


@pytest.mark.parametrize("model", MODELS)
def test_errors_energies_and_similarities_at_any_ranks_are_those_of_the_core(modules, model):
    analysis = MODELS[model]()
    open_layer(modules, layer_blob(analysis, "a layer"), kind="heads")
    triples = random_ranks(analysis, 60)
    for ranks, shown in zip(triples, modules.evaluate(_NUMBERS, triples), strict=True):
        heads = compared(analysis, ranks)
        assert shown["isExact"]
        cells = heads.part_error.astype(np.float32).ravel()
        assert [error_text(error, 2) for error in shown["cells"]] == [error_text(float(error), 2) for error in cells]
        assert shown["groups"] == pytest.approx(heads.error.tolist(), abs=1e-6)
        assert shown["energy"] == pytest.approx(heads.energy.tolist(), rel=1e-9)
        assert heads.error[shown["least"]] == pytest.approx(heads.error.min(), abs=1e-6)
        assert heads.error[shown["most"]] == pytest.approx(heads.error.max(), abs=1e-6)
        assert not shown["isOld"]
        cosines = np.array(shown["cosines"]).reshape(heads.similarity.shape)
        assert cosines == pytest.approx(heads.similarity, abs=1e-5)
        one, other = shown["pair"]
        apart = np.abs(heads.similarity - np.eye(len(heads.similarity)))
        assert apart[one, other] == pytest.approx(apart.max(), abs=1e-5)
        assert shown["chance"] == pytest.approx(heads.chance)


def test_with_a_single_group_its_query_heads_are_compared(modules):
    analysis = made_up_analysis(TensorShape(40, 8, 6, 1))
    open_layer(modules, layer_blob(analysis, "a layer"), kind="heads")
    triples = random_ranks(analysis, 20)
    for ranks, shown in zip(triples, modules.evaluate(_NUMBERS, triples), strict=True):
        cosines = query_similarity(analysis, rank_result(analysis, ranks))
        np.fill_diagonal(cosines, 1.0)
        found = np.array(shown["cosines"]).reshape(cosines.shape)
        np.fill_diagonal(found, 1.0)
        assert found == pytest.approx(cosines, abs=1e-5)


def test_between_the_ranks_that_are_sent_errors_are_about_right_and_marked(modules, monkeypatch):
    monkeypatch.setattr(blobs, "_MOST_CELLS_BYTES", 2**17)
    monkeypatch.setattr(blobs, "MOST_BYTES", 3 * 2**20)
    analysis = made_up_analysis(TensorShape(700, 80, 6, 5))
    open_layer(modules, layer_blob(analysis, "a layer"), kind="heads")
    r1, r2 = modules.evaluate("[Array.from(layer.arrays.cells_r1), Array.from(layer.arrays.cells_r2)]")
    between = next(rank for rank in range(20, 700) if rank not in r1)
    triples = [Ranks(r1[-3], r2[-2], 3), Ranks(between, r2[-2], 3)]
    on, off = modules.evaluate(_NUMBERS, triples)
    assert [on["isExact"], off["isExact"]] == [True, False]
    assert on["cells"] == pytest.approx(compared(analysis, triples[0]).part_error.ravel().tolist(), abs=1e-6)
    assert off["cells"] == pytest.approx(compared(analysis, triples[1]).part_error.ravel().tolist(), abs=0.03)
    # The core came as its strongest entries: similarity waits for the server.
    assert (on["isOld"], on["cosines"]) == (True, None)


def test_a_first_picture_compares_the_heads_in_the_directions_that_it_knows(modules):
    analysis = first_picture(TensorShape(300, 12, 4, 8), 10)
    open_layer(modules, layer_blob(analysis, "a layer"), kind="heads", chosen=[9, 6, 3])
    triples = [Ranks(10, 6, 3), Ranks(3, 12, 4)]
    for ranks, shown in zip(triples, modules.evaluate(_NUMBERS, triples), strict=True):
        heads = compared(analysis, ranks)
        assert shown["cells"] == pytest.approx(heads.part_error.ravel().tolist(), abs=1e-6)
        assert np.array(shown["cosines"]).reshape(8, 8) == pytest.approx(heads.similarity, abs=1e-5)


def test_what_the_server_knows_is_shown_instead(modules):
    analysis = made_up_analysis(TensorShape(30, 6, 4, 3))
    exact = {
        "ranks": [6, 4, 2],
        "error": 0.5,
        "lower": 0.1,
        "upper": 0.9,
        "isRefined": True,
        "parts": [0.1] * 4,
        "gone": "",
        "groups": [0.25, 0.5, 0.75],
        "cells": [0.125] * 12,
        "cosines": [0.5, -0.5, 0.25],
    }
    open_layer(modules, layer_blob(analysis, "a layer"), kind="heads", exact=exact, alike=True, order=[2, 0, 1])
    caption = modules.locator(".similarity .caption")
    assert caption.inner_text().startswith("Largest cosine 0.50, heads 0 and 1")
    assert "smallest in head 0, 0.25, and largest in head 2, 0.75" in modules.locator(".sentence").inner_text()
    under = "modules.cosines.orderOf(instrument.numbers, true, 3)"
    assert modules.evaluate(under) == [2, 0, 1]


@pytest.mark.parametrize("shape", [TensorShape(1, 1, 4, 1), TensorShape(3, 2, 4, 70), TensorShape(5, 8, 18, 2)])
def test_layers_of_any_shape_are_drawn_and_saved(modules, shape):
    open_layer(modules, layer_blob(made_up_analysis(shape), "a layer"), kind="heads", chosen=[99, 99, 99])
    for figure in FIGURES:
        drawing = ElementTree.fromstring(modules.evaluate(f"instrument.act.picture('{figure}')"))
        assert drawing.tag.endswith("svg")
        names, *rows = modules.evaluate(f"instrument.act.numbers('{figure}')").splitlines()
        assert {len(row.split(",")) for row in rows} <= {len(names.split(","))}
        modules.locator(f".{figure}").get_by_role("button", name="About").click()
        expect(modules.locator(".about math")).to_have_count(1)


def test_where_a_head_stands_a_pointer_finds_it(modules):
    open_layer(modules, layer_blob(made_up_analysis(TensorShape(20, 6, 4, 5)), "a layer"), kind="heads")
    found = modules.evaluate(
        """() => {
            const { part_cells, cosines, contrast } = modules
            const { cells, similarity, contrast: cores } = instrument.plots
            const order = [4, 2, 0, 1, 3]
            const corner = contrast.contrastCorner(cores[0], 1, 1)
            return [
                part_cells.cellUnder(cells[0], cells[0].columns.at(3), cells[0].rows.at(2)),
                part_cells.cellUnder(cells[0], 1, 1),
                cosines.pairUnder(similarity[0], order, similarity[0].columns.at(0), similarity[0].rows.at(1)),
                contrast.contrastUnder(cores[0], [6, 4, 2], corner[0] + 1, corner[1] + 1),
                contrast.contrastUnder(cores[0], [6, 4, 1], corner[0] + 1, corner[1] + 1),
            ]
        }"""
    )
    assert found == [{"part": 2, "group": 3}, None, [2, 4], {"row": 1, "slice": 1, "a": 0, "b": 0}, None]
