"""Figures are tested on the data that they draw, on both grounds."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pytest

from tensorllm_core.figures.cells import MOST_CELLS, pool, pooled_caption
from tensorllm_core.figures.core_slices import core_mosaic, core_slice
from tensorllm_core.figures.landscape import ErrorGrid, error_landscape
from tensorllm_core.figures.parameters import parameter_shares
from tensorllm_core.figures.part_errors import part_errors
from tensorllm_core.figures.refinement import refinement_curve
from tensorllm_core.figures.spectra import ModeSpectrum, spectra
from tensorllm_core.figures.tensor_drawing import tensor_drawing
from tensorllm_core.figures.theme import Canvas, part_colour
from tensorllm_core.figures.weights import weights_before_after
from tensorllm_core.types import Ranks, TensorShape
from tests.figures.canvases import BOTH, DARK, LIGHT

SHAPE = TensorShape(128, 16, 4, 8)
RANDOM = np.random.default_rng(0)


def every_figure(canvas: Canvas) -> dict[str, go.Figure]:
    r1, r2 = np.arange(1, 129), np.arange(1, 17)
    grid = ErrorGrid(r1, r2, np.linspace(1, 0, 128 * 16, dtype=np.float32).reshape(128, 16))
    modes = [ModeSpectrum(np.linspace(2, 0, size), rank, 0.5) for size, rank in ((128, 16), (16, 8), (4, 4))]
    matrix = RANDOM.standard_normal((128, 16))
    return {
        "landscape": error_landscape(grid, SHAPE, Ranks(16, 8, 4), [Ranks(4, 2, 4)], canvas, hint=Ranks(8, 8, 4)),
        "spectra": spectra(modes, canvas),
        "mosaic": core_mosaic(RANDOM.standard_normal((16, 8, 8)), "head", canvas, chosen=2),
        "slice": core_slice(RANDOM.standard_normal((16, 8)), 3.0, canvas),
        "parts": part_errors(RANDOM.random((4, 8)), "QKVO", "head", canvas),
        "weights": weights_before_after(matrix, matrix / 2, canvas),
        "refinement": refinement_curve([0.5, 0.45, 0.44], 0.4, canvas),
        "parameters": parameter_shares({"attention": 30, "feed-forward": 70}, canvas),
        "tensor": tensor_drawing(SHAPE, ("Q", "K", "V", "O"), "head", canvas),
    }


@pytest.mark.parametrize("canvas", BOTH)
def test_every_figure_draws_on_both_grounds_in_the_ink_of_that_ground(canvas: Canvas) -> None:
    for name, figure in every_figure(canvas).items():
        assert isinstance(figure, go.Figure), name
        assert figure.layout.font.color == canvas.look.ink, name
        assert figure.layout.height > 0, name


@pytest.mark.parametrize("canvas", BOTH)
def test_on_a_faint_bar_the_share_is_written_in_ink(canvas: Canvas) -> None:
    bars = parameter_shares({"attention": 30, "feed-forward": 50, "embeddings": 20}, canvas).data
    assert [bar.insidetextfont.color for bar in bars] == [None, None, canvas.look.ink]


def test_heat_maps_hold_float32_arrays_and_no_more_cells_than_the_most() -> None:
    large = RANDOM.standard_normal((1000, 700))
    for figure in (core_slice(large, 4.0, LIGHT), weights_before_after(large, large, LIGHT)):
        for trace in figure.data:
            assert trace.z.dtype == np.float32
            assert max(trace.z.shape) <= MOST_CELLS


def test_pooling_keeps_the_largest_magnitude_with_its_sign() -> None:
    matrix = np.zeros((600, 3))
    matrix[401, 1] = -7.0
    pooled = pool(matrix)
    assert pooled.shape == (MOST_CELLS, 3)
    assert pooled.min() == -7.0
    assert pooled.max() == 0.0
    assert "600 x 3" in pooled_caption(600, 3)


def test_a_small_matrix_is_drawn_as_it_is() -> None:
    matrix = RANDOM.standard_normal((16, 8)).astype(np.float32)
    np.testing.assert_array_equal(pool(matrix), matrix)
    np.testing.assert_array_equal(core_slice(matrix, 1.0, LIGHT).data[0].z, matrix)


def test_the_landscape_marks_the_current_ranks_and_leaves_impossible_ones_empty() -> None:
    error = np.full((4, 3), 0.5, dtype=np.float32)
    error[3, 0] = np.nan
    grid = ErrorGrid(np.arange(1, 5), np.arange(1, 4), error)
    figure = error_landscape(grid, TensorShape(4, 3, 2, 1), Ranks(2, 3, 1), [], LIGHT)
    heat = figure.data[0]
    assert heat.z.shape == (3, 4)
    assert np.isnan(heat.z[0, 3])
    ring = figure.data[-1]
    assert (ring.x[0], ring.y[0]) == (2, 3)


def test_lines_of_equal_ratio_have_that_ratio() -> None:
    r1, r2 = np.arange(1, 129), np.arange(1, 17)
    grid = ErrorGrid(r1, r2, np.zeros((128, 16), dtype=np.float32))
    figure = error_landscape(grid, SHAPE, Ranks(16, 8, 4), [], LIGHT)
    lines = [trace for trace in figure.data if isinstance(trace, go.Scatter) and trace.mode == "lines"]
    assert [line.name for line in lines] == [None, "break-even"]
    inside = ~np.isnan(lines[0].x)
    x, y, ratio = lines[0].x[inside].astype(float), lines[0].y[inside].astype(float), lines[0].customdata[inside]
    stored = 8 * x * y * 4 + 128 * x + 16 * y + 16
    np.testing.assert_allclose(SHAPE.entries / stored, ratio, rtol=1e-3)
    assert len(set(ratio)) > 3
    x, y = lines[1].x.astype(float), lines[1].y.astype(float)
    np.testing.assert_allclose(8 * x * y * 4 + 128 * x + 16 * y + 16, SHAPE.entries, rtol=1e-3)
    labels = {label.text: label.x for label in figure.layout.annotations}
    assert "1x" not in labels
    assert labels["break-even"] == max(labels.values()) == pytest.approx(np.log10(x[-1]), abs=1e-3)


def test_there_is_no_break_even_line_where_all_ranks_save() -> None:
    grid = ErrorGrid(np.arange(1, 129), np.arange(1, 17), np.zeros((128, 16), dtype=np.float32))
    figure = error_landscape(grid, SHAPE, Ranks(16, 8, 1), [], LIGHT)
    assert "break-even" not in {trace.name for trace in figure.data}
    assert "break-even" not in {label.text for label in figure.layout.annotations}


def test_the_mosaic_shows_every_group_on_one_colour_scale() -> None:
    slices = RANDOM.standard_normal((6, 5, 20))
    figure = core_mosaic(slices, "group", DARK)
    assert len(figure.data) == 20
    # It ends where half a per cent of the cells lie beyond, so that one large cell does not bleach the others.
    assert [trace.zmax for trace in figure.data] == pytest.approx([np.percentile(np.abs(slices), 99.5)] * 20, rel=0.02)
    assert all(trace.zmin == -trace.zmax for trace in figure.data)
    for group, trace in enumerate(figure.data):
        np.testing.assert_array_equal(trace.z, slices[:, :, group].astype(np.float32))


def test_the_residual_is_what_before_loses_to_after() -> None:
    before = RANDOM.standard_normal((20, 6))
    after = before * 0.25
    panels = weights_before_after(before, after, LIGHT).data
    np.testing.assert_allclose(panels[2].z, (before - after).T, rtol=1e-6)


def test_a_zero_spectrum_and_a_zero_core_draw_without_complaint() -> None:
    modes = [ModeSpectrum(np.zeros(size), 1) for size in (8, 4, 2)]
    spectra(modes, LIGHT)
    core_mosaic(np.zeros((2, 2, 2)), "head", LIGHT)
    weights_before_after(np.zeros((4, 2)), np.zeros((4, 2)), LIGHT)


@pytest.mark.parametrize("count", [1, 2, 4, 10, 128, 4096])
@pytest.mark.parametrize("place", ["first", "last"])
def test_the_mark_of_the_chosen_rank_lies_within_its_axis(count: int, place: str) -> None:
    rank = 1 if place == "first" else count
    figure = spectra([ModeSpectrum(np.linspace(2.0, 1.0, count), rank, 0.5) for _ in range(3)], LIGHT)
    marks = [shape for shape in figure.layout.shapes if shape.line.dash == "dot"]
    for axis, mark in zip((figure.layout.xaxis, figure.layout.xaxis3, figure.layout.xaxis5), marks, strict=True):
        low, high = axis.range
        # At 300 pixels a line of two, and a gap beside it.
        room = 4 / 300 * (high - low)
        assert low + room < mark.x0 == mark.x1 < high - room


def test_energy_kept_is_the_share_of_squared_singular_values() -> None:
    assert ModeSpectrum(np.array([2.0, 1.0]), 1).energy_kept == pytest.approx(0.8)


def test_modes_and_parts_never_share_a_colour() -> None:
    for canvas in BOTH:
        colours = canvas.look
        used = [*colours.modes, *colours.parts.values()]
        assert len(set(used)) == 7
        assert part_colour("O2", colours) == colours.parts["O"]
