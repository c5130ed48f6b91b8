"""Figures that compare methods draw the numbers that they are given; every method keeps its look."""

from __future__ import annotations

import numpy as np
import pytest

from tensorllm_core.figures.method_curves import MethodCurve, MethodPoint, method_curves
from tensorllm_core.figures.method_deltas import MethodDelta, method_deltas
from tensorllm_core.figures.method_errors import MethodErrors, method_errors
from tensorllm_core.figures.method_looks import method_look
from tensorllm_core.figures.theme import Appearance, look
from tensorllm_core.methods.registry import CONTROLS, METHODS
from tests.figures.canvases import DARK, LIGHT, enlarged

BASELINE = MethodPoint(1.0, 1000.0, 1.0, 0.5, 0.45, 0.55)
BUDGETS = [(4.0, 250.0), (8.0, 125.0), (16.0, 62.5)]


def curve(name: str, *accuracies: float) -> MethodCurve:
    points = (
        MethodPoint(ratio, stored, 1 / ratio, accuracy, accuracy - 0.05, accuracy + 0.05)
        for (ratio, stored), accuracy in zip(BUDGETS, accuracies, strict=False)
    )
    return MethodCurve(name, METHODS[name].title, METHODS[name].look, tuple(points))


def curves_figure(curves, canvas=LIGHT, **more):
    return method_curves(curves, BASELINE, canvas, budgets=BUDGETS, focus=8.0, **more)


@pytest.mark.parametrize("appearance", list(Appearance))
def test_every_registered_method_has_a_look_that_no_other_has(appearance):
    looks = {name: method_look(method.look, appearance) for name, method in METHODS.items()}
    assert len({style.colour for style in looks.values()}) == len(METHODS)
    assert len({(style.dash, style.symbol) for style in looks.values()}) == len(METHODS)
    # Grey is for what stands behind: pinned results and controls.
    grey = {name for name, style in looks.items() if style.colour == look(appearance).muted}
    assert grey <= set(CONTROLS)


@pytest.mark.parametrize("appearance", list(Appearance))
@pytest.mark.parametrize("name", METHODS)
def test_a_strong_method_is_drawn_wider_in_the_same_colour(name, appearance):
    plain, strong = (method_look(METHODS[name].look, appearance, strong) for strong in (False, True))
    assert (plain.colour, plain.width < strong.width) == (strong.colour, True)


@pytest.mark.parametrize("appearance", list(Appearance))
@pytest.mark.parametrize("name", METHODS)
def test_the_line_of_every_method_has_the_look_of_its_description(name, appearance):
    canvas = LIGHT if appearance is Appearance.LIGHT else DARK
    line, style = curves_figure([curve(name, 0.6)], canvas).data[0], METHODS[name].look
    colour = style.on_light if appearance is Appearance.LIGHT else style.on_dark
    assert (line.line.color, line.line.dash, line.marker.symbol) == (colour, style.dash, style.symbol)


def test_lines_go_from_much_stored_to_little_with_their_intervals():
    figure = curves_figure([curve("tensorllm", 0.6, 0.7, 0.65)])
    line = figure.data[0]
    np.testing.assert_allclose(line.x, [1 / 4, 1 / 8, 1 / 16], rtol=1e-6)
    np.testing.assert_allclose(line.y, [0.6, 0.7, 0.65], rtol=1e-6)
    np.testing.assert_allclose(line.error_y.array, 0.05, rtol=1e-4)
    left, right = figure.layout.xaxis.range
    assert left > right
    assert list(figure.layout.xaxis.ticktext) == ["250<br>4x", "125<br>8x", "62.5<br>16x"]


def test_the_original_lies_across_and_the_budget_in_focus_is_marked():
    band, original, focus = curves_figure([curve("tensorllm", 0.6)]).layout.shapes
    assert (band.y0, band.y1, original.y0, focus.x0) == (0.45, 0.55, 0.5, 1 / 8)


def test_the_emphasised_line_lies_in_front_and_its_name_is_bold():
    figure = curves_figure([curve("tensorllm", 0.6), curve("laser", 0.5)], emphasised="tensorllm")
    assert figure.data[-1].name == "TensorLLM"
    assert "<b>TensorLLM</b>" in [note.text for note in figure.layout.annotations]


def test_names_of_all_methods_keep_apart():
    figure = curves_figure([curve(name, 0.5, 0.5, 0.5) for name in METHODS])
    low, high = figure.layout.yaxis.range
    per_pixel = (high - low) / (LIGHT.height - figure.layout.margin.t - figure.layout.margin.b)
    places = sorted(note.y for note in figure.layout.annotations[:-1])
    assert len(places) == 1 + len(METHODS)
    assert np.all(np.diff(places) > 13 * per_pixel)


def test_a_pinned_result_is_grey_and_behind_all_others():
    figure = curves_figure([curve("laser", 0.5)], pinned=[curve("tensorllm", 0.9, 0.8)], pinned_baseline=0.3)
    assert figure.data[0].name == "pinned: TensorLLM"
    assert figure.data[0].line.color == LIGHT.look.muted
    low, high = figure.layout.yaxis.range
    assert low < 0.3
    assert high > 0.9


def test_without_any_curve_the_original_is_drawn():
    assert curves_figure([]).layout.shapes[1].y0 == 0.5
    assert curves_figure([curve("laser")]).data == ()


def test_deltas_have_a_row_for_each_method_with_both_intervals():
    rows = [
        MethodDelta("tensorllm", "TensorLLM", METHODS["tensorllm"].look, (0.2, 0.18, 0.23), (-1.2, -1.5, -1.0)),
        MethodDelta("laser", "LASER", METHODS["laser"].look, (-0.005, -0.01, 0.0), (0.1, 0.0, 0.2)),
    ]
    figure = method_deltas(rows, LIGHT, emphasised="tensorllm")
    accuracy, loss = figure.data[:2]
    assert (accuracy.xaxis, loss.xaxis) == ("x", "x2")
    np.testing.assert_allclose([accuracy.x[0], loss.x[0]], [20, -1.2], rtol=1e-5)
    np.testing.assert_allclose([accuracy.error_x.array[0], accuracy.error_x.arrayminus[0]], [3, 2], rtol=1e-5)
    assert "%{customdata[0]:+.1f}, %{customdata[1]:+.1f}" in accuracy.hovertemplate
    assert [note.text for note in figure.layout.annotations] == ["<b>+20.0</b>", "-0.5"]
    left, right = figure.layout.xaxis.domain, figure.layout.xaxis2.domain
    assert 0 == left[0] < left[1] < right[0] < right[1] == 1


def test_no_deltas_draw():
    assert method_deltas([], enlarged(DARK)).data == ()


def test_the_heat_map_leaves_blank_what_a_method_leaves_alone():
    rows = [
        MethodErrors("TensorLLM", METHODS["tensorllm"].look, {"Q": 0.5, "K": 0.25}),
        MethodErrors("LASER", METHODS["laser"].look, {"up": 0.1}),
    ]
    heat = method_errors(rows, ("Q", "K", "up"), LIGHT).data[0]
    np.testing.assert_allclose(heat.z, [[0.5, 0.25, np.nan], [np.nan, np.nan, 0.1]], rtol=1e-6)
    assert heat.z.dtype == np.float32
    assert [list(row) for row in heat.text] == [["0.50", "0.25", ""], ["", "", "0.10"]]
