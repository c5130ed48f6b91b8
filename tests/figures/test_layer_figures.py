"""The figures over layers and over heads are tested on the data that they draw, on both grounds."""

from __future__ import annotations

import math

import numpy as np
import plotly.graph_objects as go
import pytest

from tensorllm_core.figures.cells import MOST_CELLS
from tensorllm_core.figures.core_contrast import NamedCore, core_contrast
from tensorllm_core.figures.group_profile import group_profile
from tensorllm_core.figures.layer_errors import layer_errors
from tensorllm_core.figures.layer_spectra import layer_spectra
from tensorllm_core.figures.part_shares import part_shares
from tensorllm_core.figures.similarity import similarity_map
from tensorllm_core.figures.stable_ranks import stable_ranks
from tensorllm_core.figures.theme import Canvas
from tests.figures.canvases import BOTH, LIGHT

RANDOM = np.random.default_rng(0)
SHARES = {"Q": 0.4, "K": 0.1, "V": 0.2, "O": 0.3}
EQUAL = dict.fromkeys("QKVO", 0.25)
NO_DRAWS = np.empty(0)


def a_spectrum(size: int) -> np.ndarray:
    return np.sort(RANDOM.random(size).astype(np.float32) + 0.1)[::-1]


def a_similarity(count: int) -> np.ndarray:
    rows = RANDOM.standard_normal((count, 6))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows @ rows.T).astype(np.float32)


def every_figure(canvas: Canvas) -> dict[str, go.Figure]:
    cores = [NamedCore("head 1", RANDOM.standard_normal((6, 4, 3))), NamedCore("head 2", np.ones((6, 4, 3)))]
    return {
        "spectra": layer_spectra({0: a_spectrum(16), 2: a_spectrum(16)}, a_spectrum(16), 4, 2, canvas, chosen=2),
        "errors": layer_errors({0: 0.5, 2: 0.7}, np.array([0.9, 0.91]), 4, canvas, chosen=0),
        "stable": stable_ranks({0: (9.0, 5.0, 2.0)}, np.array([[50.0, 14.0, 3.9]]), 4, canvas, chosen=0),
        "shares": part_shares({1: SHARES}, EQUAL, 4, canvas, chosen=1),
        "profile": group_profile(np.full(4, 0.25), RANDOM.random(4), "head", canvas, overall=0.5, chosen=1),
        "similarity": similarity_map(a_similarity(5), np.arange(5), "head", canvas, chosen=1),
        "cores": core_contrast(cores, canvas),
    }


@pytest.mark.parametrize("canvas", BOTH)
def test_every_figure_draws_on_both_grounds_in_the_ink_of_that_ground(canvas):
    for name, figure in every_figure(canvas).items():
        assert isinstance(figure, go.Figure), name
        assert figure.layout.font.color == canvas.look.ink, name
        assert figure.layout.height > 0, name


def test_every_figure_draws_before_chance_and_most_layers_are_there():
    layer_spectra({0: a_spectrum(16)}, None, 9, 1, LIGHT)
    layer_errors({0: 0.5}, NO_DRAWS, 9, LIGHT)
    stable_ranks({0: (9.0, 5.0, 2.0)}, np.empty((0, 3)), 9, LIGHT)
    part_shares({0: SHARES}, {}, 9, LIGHT)


def test_the_axis_has_room_for_all_layers_from_the_first_on():
    for figure in (layer_errors({0: 0.5}, NO_DRAWS, 40, LIGHT), part_shares({0: SHARES}, {}, 40, LIGHT)):
        assert tuple(figure.layout.xaxis.range) == (-0.5, 39.5)


def test_the_colour_of_a_singular_value_is_its_ratio_to_chance_in_doublings():
    chance = np.array([0.5, 0.4, 0.25], dtype=np.float32)
    figure = layer_spectra({1: np.array([1.0, 0.4, 0.125], dtype=np.float32)}, chance, 3, 3, LIGHT)
    heat = figure.data[0]
    assert heat.z.shape == (3, 3)
    np.testing.assert_allclose(heat.z[:, 1], [1, 0, -1], atol=1e-6)
    assert np.isnan(heat.z[:, [0, 2]]).all()
    np.testing.assert_allclose(heat.customdata[:, 1], [1.0, 0.4, 0.125])
    # White is chance: the scale is symmetric.
    assert heat.zmin == -heat.zmax


def test_a_vanishing_value_is_far_below_chance_rather_than_infinitely():
    figure = layer_spectra({0: np.array([1.0, 0.0])}, np.array([0.5, 0.5]), 1, 1, LIGHT)
    assert np.isfinite(figure.data[0].z).all()


def test_a_long_spectrum_is_drawn_at_no_more_values_than_cells_with_the_first_ones_whole():
    figure = layer_spectra({layer: a_spectrum(5000) for layer in range(90)}, a_spectrum(5000), 90, 1, LIGHT)
    heat = figure.data[0]
    assert heat.z.dtype == np.float32
    assert max(heat.z.shape) <= MOST_CELLS
    assert heat.y[:10].tolist() == list(range(1, 11))
    assert heat.y[-1] == 5000


def test_clicks_carry_the_number_of_the_layer_or_head():
    figures = [
        layer_errors({3: 0.5, 7: 0.6}, NO_DRAWS, 9, LIGHT),
        stable_ranks({3: (9.0, 5.0, 2.0), 7: (9.0, 5.0, 2.0)}, np.empty((0, 3)), 9, LIGHT),
        part_shares({3: SHARES, 7: SHARES}, {}, 9, LIGHT),
    ]
    for figure in figures:
        for trace in figure.data:
            assert trace.customdata.tolist() == [3, 7]
    for trace in group_profile(np.full(3, 1 / 3), np.zeros(3), "head", LIGHT, overall=0.0).data:
        assert trace.customdata.tolist() == [0, 1, 2]


def test_errors_stand_where_they_are_and_chance_is_a_band_over_all_its_draws():
    figure = layer_errors({0: 0.25, 1: 0.75}, np.array([0.9, 0.8, 0.85]), 2, LIGHT, chosen=1)
    np.testing.assert_allclose(figure.data[0].y, [0.25, 0.75])
    band, line = figure.layout.shapes
    assert (band.y0, band.y1) == (0.8, 0.9)
    assert line.y0 == pytest.approx(0.85)
    assert figure.data[0].marker.line.width.tolist() == [0, 3]


def test_stable_ranks_have_the_colour_of_their_mode():
    figure = stable_ranks({0: (9.0, 5.0, 2.0)}, np.array([[50.0, 14.0, 3.9]]), 1, LIGHT)
    assert [float(trace.y[0]) for trace in figure.data] == [9, 5, 2]
    assert tuple(trace.line.color for trace in figure.data) == LIGHT.look.modes


def test_a_zero_layer_leaves_a_gap_on_the_logarithmic_axis():
    figure = stable_ranks({0: (0.0, 0.0, 0.0)}, np.empty((0, 3)), 1, LIGHT)
    assert all(math.isnan(trace.y[0]) for trace in figure.data)


def test_the_bars_of_a_layer_fill_it_and_break_by_chance_where_chance_says():
    figure = part_shares({0: SHARES}, {"Q": 0.4, "K": 0.1, "V": 0.1, "O": 0.4}, 1, LIGHT)
    assert sum(float(trace.y[0]) for trace in figure.data) == pytest.approx(1)
    assert [shape.y0 for shape in figure.layout.shapes] == pytest.approx([0.4, 0.5, 0.6])


def test_the_similarity_map_shows_the_cosines_in_the_order_that_is_asked_for():
    similarity, order = a_similarity(4), np.array([2, 0, 3, 1])
    heat = similarity_map(similarity, order, "head", LIGHT, chosen=3).data[0]
    assert np.isnan(np.diag(heat.z)).all()
    assert heat.z[0, 1] == similarity[2, 0]
    assert heat.customdata[0, 1].tolist() == [2, 0]
    assert heat.zmax == pytest.approx(np.abs(similarity - np.eye(4)).max(), rel=1e-6)


def test_the_frames_stand_around_the_chosen_head_wherever_the_order_puts_it():
    figure = similarity_map(a_similarity(4), np.array([2, 0, 3, 1]), "head", LIGHT, chosen=3)
    across, down = figure.layout.shapes
    assert (across.x0, across.x1) == (1.5, 2.5)
    assert (down.y0, down.y1) == (1.5, 2.5)


def test_many_heads_and_a_single_one_are_drawn_too():
    heat = similarity_map(a_similarity(300), np.arange(300), "head", LIGHT).data[0]
    assert max(heat.z.shape) <= MOST_CELLS
    similarity_map(np.ones((1, 1)), np.arange(1), "group", LIGHT, chosen=0)


def test_cores_share_one_colour_scale_and_at_most_four_slices_are_drawn():
    cores = [NamedCore(f"head {n}", RANDOM.standard_normal((300, 20, 7)).astype(np.float32)) for n in range(3)]
    figure = core_contrast(cores, LIGHT)
    assert len(figure.data) == 12
    end = np.percentile(np.abs([head.core[:, :, :4] for head in cores]), 99.5)
    assert [trace.zmax for trace in figure.data] == pytest.approx([end] * 12, rel=0.02)
    assert sum(trace.z.shape[0] for trace in figure.data[::4]) <= MOST_CELLS
    core_contrast([NamedCore("head 0", np.zeros((2, 2, 1)))], LIGHT)
