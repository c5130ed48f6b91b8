"""Figures of published results draw the numbers that they are given, on both grounds."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tensorllm_core.experiments.published import tied_triples, triples_giving
from tensorllm_core.experiments.published_tables import CELLS
from tensorllm_core.figures.deltas import Delta
from tensorllm_core.figures.derived_ranks import derived_ranks
from tensorllm_core.figures.projection_gains import projection_gains
from tests.figures.canvases import BOTH, LIGHT, enlarged

SERIES = ("Q", "K", "V", "O", "all")
ROWS = [Delta(name, part, 0.01 * place, -0.01, 0.1) for name in ("hop", "claims") for place, part in enumerate(SERIES)]


def ranks_figure(cell, canvas=LIGHT):
    shape = cell.model.shape
    return derived_ranks(
        [(ranks, shape.compression_ratio(ranks)) for ranks in tied_triples(shape)],
        cell.compression_ratio,
        canvas,
        matches=triples_giving(shape, cell.compression_ratio),
        chosen=cell.derived_ranks[0],
    )


@pytest.mark.parametrize("canvas", BOTH)
def test_they_draw_in_the_ink_of_their_ground(canvas) -> None:
    cell = CELLS["gptj", "fever"]
    large = enlarged(canvas)
    for figure in (ranks_figure(cell, large), projection_gains(ROWS, large, chosen="V")):
        assert figure.layout.font.color == canvas.look.ink


@pytest.mark.parametrize("canvas", BOTH)
def test_each_projection_keeps_its_colour_and_the_chosen_one_is_stronger(canvas) -> None:
    traces = {trace.name: trace for trace in projection_gains(ROWS, canvas, chosen="V").data}
    assert tuple(traces) == SERIES
    for part in "QKVO":
        assert traces[part].marker.color == canvas.look.parts[part]
    assert all(traces["V"].marker.size > traces[name].marker.size for name in SERIES if name != "V")
    assert len({trace.marker.symbol for trace in traces.values()}) == len(SERIES)


@pytest.mark.parametrize("cell", CELLS.values(), ids=lambda cell: f"{cell.model.name}-{cell.benchmark.name}")
def test_rings_stand_where_the_curves_meet_the_published_ratio(cell) -> None:
    figure = ranks_figure(cell)
    *curves, rings = figure.data
    assert list(rings.text) == [f"{ranks}" for ranks in cell.derived_ranks]
    on_curves = {text: ratio for curve in curves for text, ratio in zip(curve.text, curve.y, strict=True)}
    for text, ratio in zip(rings.text, rings.y, strict=True):
        assert on_curves[text] == pytest.approx(ratio, abs=0.006)
    assert [symbol for symbol in rings.marker.symbol if symbol == "circle"] == ["circle"]


@pytest.mark.parametrize("cell", CELLS.values(), ids=lambda cell: f"{cell.model.name}-{cell.benchmark.name}")
def test_all_points_lie_in_the_plot_and_names_lie_apart(cell) -> None:
    figure = ranks_figure(cell)
    low, high = figure.layout.yaxis.range
    left, right = figure.layout.xaxis.range
    for trace in figure.data:
        assert trace.x.dtype == trace.y.dtype == np.float32
        assert low - 1e-6 <= math.log10(trace.y.min()) <= math.log10(trace.y.max()) <= high + 1e-6
        assert left < trace.x.min() <= trace.x.max() < right
    names = [note for note in figure.layout.annotations if note.text.isdigit() or note.text.startswith("R3")]
    assert names[0].text.startswith("R3 = ")
    places = [((note.x - left) / (right - left), (note.y - low) / (high - low)) for note in names]
    for number, place in enumerate(places):
        assert all(math.dist(place, other) > 0.03 for other in places[:number])
