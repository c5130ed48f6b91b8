"""Figures of what an edit did to the answers draw the numbers that they are given, on both grounds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorllm_core.figures.accuracy_curves import AccuracyCurve, accuracy_curves
from tensorllm_core.figures.calibration import CalibrationCurve, reliability
from tensorllm_core.figures.deltas import Delta, deltas
from tensorllm_core.figures.margins import MOST_POINTS, margins, margins_caption
from tensorllm_core.figures.rank_scan import ScanPoint, rank_scan
from tensorllm_core.figures.series import legend, series_looks
from tensorllm_core.figures.theme import Appearance
from tests.figures.canvases import BOTH, DARK, LIGHT, enlarged

NAMES = ("original", "edited", "attention removed", "random subspace")
RANDOM = np.random.default_rng(0)
BASELINE = ScanPoint(1.0, "original", 0.5, 0.45, 0.55, 2.0)
POINTS = [
    ScanPoint(30.0, "(4, 4, 4)", 0.55, 0.5, 0.6, 1.9),
    ScanPoint(2.0, "(64, 8, 4)", 0.5, 0.45, 0.55, 2.0),
    ScanPoint(10.0, "(16, 8, 4)", 0.6, 0.55, 0.65, 1.8),
]


def curve(name, accuracies, half=0.1):
    accuracy = np.array(accuracies)
    return AccuracyCurve(name, 100 * (np.arange(len(accuracy)) + 1), accuracy, accuracy - half, accuracy + half)


def bins(name):
    counts = np.array([0, 0, 5, 20])
    accuracy = np.array([np.nan, np.nan, 0.4, 0.9])
    return CalibrationCurve(name, np.array([0.125, 0.375, 0.625, 0.875]), accuracy, counts)


def every_figure(canvas):
    return {
        "curves": accuracy_curves([curve(name, [0.5, 0.6]) for name in NAMES], canvas, emphasised="edited"),
        "deltas": deltas(
            [Delta(benchmark, name, 0.03, 0.01, 0.05) for name in NAMES[1:] for benchmark in ("hop", "claims")],
            canvas,
            emphasised="edited",
        ),
        "margins": margins(RANDOM.standard_normal(50), RANDOM.standard_normal(50), canvas),
        "calibration": reliability([bins(name) for name in NAMES[:2]], canvas, emphasised="edited"),
        "scan": rank_scan(POINTS, canvas, baseline=BASELINE, current=10.0),
    }


@pytest.mark.parametrize("canvas", BOTH)
def test_every_figure_draws_on_both_grounds_in_the_ink_of_that_ground(canvas):
    for name, figure in every_figure(enlarged(canvas)).items():
        assert figure.layout.font.color == canvas.look.ink, name
        assert figure.layout.font.size == pytest.approx(12 * 1.3), name
        for trace in figure.data:
            assert trace.x.dtype == np.float32, name


def test_axes_have_names_and_units():
    texts = {
        name: {axis.title.text for axis in (figure.layout.xaxis, figure.layout.yaxis)}
        for name, figure in every_figure(LIGHT).items()
    }
    assert texts["curves"] == {"questions answered", "accuracy"}
    assert "change in accuracy, percentage points" in texts["deltas"]
    assert all("nats" in text for text in texts["margins"])
    assert texts["scan"] == {"compression ratio, times smaller", "accuracy"}


def test_a_subject_looks_the_same_with_and_without_the_original():
    for appearance in Appearance:
        whole = series_looks(NAMES, appearance, "edited")
        without = series_looks(NAMES[1:], appearance, "edited")
        assert {name: whole[name] for name in without} == without
        for field in ("colour", "symbol"):
            assert len({getattr(style, field) for style in whole.values()}) == len(NAMES)
        assert whole["edited"].width > max(whole[name].width for name in NAMES if name != "edited")


def test_a_legend_breaks_its_lines_before_half_a_screen_is_full():
    entries = [("circle", "#000000", "a name of twenty-two")] * 4
    one, two = legend(entries[:2], 50.0, 1.0), legend(entries, 50.0, 1.0)
    assert "<br>" not in one.annotation["text"]
    assert two.annotation["text"].count("<br>") == 1
    assert two.height > one.height


def test_curves_draw_their_points_and_a_band_between_the_limits():
    figure = accuracy_curves([curve("edited", [0.5, 0.7])], LIGHT, emphasised="edited", total=1000)
    band, line = figure.data
    np.testing.assert_allclose(line.x, [100, 200])
    np.testing.assert_allclose(line.y, [0.5, 0.7])
    np.testing.assert_allclose(band.y, [0.6, 0.8, 0.6, 0.4])
    assert figure.layout.xaxis.range[1] == 1000


def test_a_single_point_shows_its_interval_as_a_bar():
    line = accuracy_curves([curve("edited", [0.5])], LIGHT, emphasised="edited").data[1]
    np.testing.assert_allclose([line.error_y.array[0], line.error_y.arrayminus[0]], 0.1, rtol=1e-5)


@given(st.lists(st.floats(0.3, 0.7), min_size=1, max_size=6))
def test_names_at_the_ends_of_lines_keep_apart_and_in_order(ends):
    curves = [curve(str(number), [0.5, end]) for number, end in enumerate(ends)]
    figure = accuracy_curves(curves, LIGHT, emphasised="0")
    low, high = figure.layout.yaxis.range
    per_pixel = (high - low) / (LIGHT.height - figure.layout.margin.t - figure.layout.margin.b)
    places = np.array([note.y for note in figure.layout.annotations])
    order = np.argsort(ends, kind="stable")
    assert np.all(np.diff(places[order]) > 14 * per_pixel)
    assert places.mean() == pytest.approx(np.mean(ends), abs=1e-9)


def test_the_emphasised_line_lies_in_front():
    figure = accuracy_curves([curve(name, [0.5, 0.6]) for name in NAMES], DARK, emphasised="edited")
    assert figure.data[-1].name == "edited"


def test_deltas_are_in_points_with_their_limits_and_one_row_a_benchmark():
    rows = [
        Delta("hop", "edited", 0.032, 0.011, 0.052),
        Delta("all", "edited", -0.02, -0.03, 0.01),
        Delta("hop", "control", 0.0, -0.01, 0.01),
    ]
    figure = deltas(rows, LIGHT, emphasised="edited")
    edited = figure.data[0]
    np.testing.assert_allclose(edited.x, [3.2, -2.0], rtol=1e-5)
    np.testing.assert_allclose(edited.x + edited.error_x.array, [5.2, 1.0], rtol=1e-4)
    np.testing.assert_allclose(edited.x - edited.error_x.arrayminus, [1.1, -3.0], rtol=1e-4)
    assert list(figure.layout.yaxis.ticktext) == ["hop", "all"]
    np.testing.assert_array_equal(np.round(edited.y), [0, 1])
    assert [note.text for note in figure.layout.annotations[1:]] == ["<b>+3.2</b>", "<b>-2.0</b>"]
    low, high = figure.layout.xaxis.range
    assert low < -3.0
    assert high > 5.2


def test_margins_sort_answers_into_kept_fixed_and_broken():
    before, after = np.array([1.0, -1.0, -2.0, 2.0, 3.0]), np.array([2.0, -3.0, 1.0, -1.0, 4.0])
    figure = margins(before, after, LIGHT)
    points = {trace.name: sorted(zip(trace.x.tolist(), trace.y.tolist(), strict=True)) for trace in figure.data}
    assert points == {
        "kept right": [(1, 2), (3, 4)],
        "kept wrong": [(-1, -3)],
        "fixed": [(-2, 1)],
        "broken": [(2, -1)],
    }
    assert len({trace.marker.symbol for trace in figure.data}) == 4


def test_of_many_margins_all_flips_and_a_sample_are_drawn_and_the_caption_says_so():
    before, after = RANDOM.standard_normal(20_000) + 3, np.full(20_000, 1.0)
    before[:300] = -0.5
    figure = margins(before, after, LIGHT)
    counts = {trace.name: len(trace.x) for trace in figure.data}
    assert sum(counts.values()) == MOST_POINTS
    assert counts["fixed"] == (before <= 0).sum()
    names = figure.layout.annotations[-1].text
    assert f"kept right {(before > 0).sum():,}" in names
    assert "20,000" in margins_caption(20_000)


def test_no_and_equal_margins_draw():
    for count in (0, 1, 5):
        assert isinstance(margins(np.zeros(count), np.zeros(count), DARK), go.Figure)


def test_the_reliability_diagram_leaves_empty_bins_out_and_begins_at_the_first_filled_one():
    figure = reliability([bins("original"), bins("edited")], LIGHT, emphasised="edited")
    points, bars = figure.data[0], figure.data[2]
    np.testing.assert_allclose(points.x, [0.625, 0.875])
    np.testing.assert_allclose(points.y, [0.4, 0.9])
    np.testing.assert_array_equal(bars.y, [0, 0, 5, 20])
    assert bars.yaxis == "y2"
    assert figure.layout.xaxis.range[0] == pytest.approx(0.5)


def test_points_of_the_reliability_diagram_stand_at_the_mean_confidence_where_it_is_known():
    plain = bins("edited")
    confidence = np.array([np.nan, np.nan, 0.7, 0.99])
    curves = [replace(plain, confidence=confidence)]
    np.testing.assert_allclose(reliability(curves, LIGHT, emphasised="edited").data[0].x, [0.7, 0.99])


def test_scan_points_are_joined_by_ratio_and_keep_their_numbers_for_a_click():
    figure = rank_scan(POINTS, LIGHT, baseline=BASELINE, current=10.0)
    for trace, values in zip(figure.data, ([0.5, 0.6, 0.55], [2.0, 1.8, 1.9]), strict=True):
        np.testing.assert_allclose(trace.x, [2, 10, 30])
        np.testing.assert_allclose(trace.y, values, rtol=1e-6)
        np.testing.assert_array_equal(trace.customdata, [1, 2, 0])
        assert (np.array(trace.marker.line.width) > 0).tolist() == [False, True, False]
        assert "(16, 8, 4)" in trace.hovertext[1]


def test_the_baseline_is_drawn_across_both_panels_with_its_interval():
    shapes = rank_scan(POINTS[:1], LIGHT, baseline=BASELINE).layout.shapes
    band, accuracy, loss = shapes
    assert (band.y0, band.y1) == (BASELINE.low, BASELINE.high)
    assert (accuracy.yref, accuracy.y0, accuracy.y1) == ("y", 0.5, 0.5)
    assert (loss.yref, loss.y0) == ("y2", 2.0)


def test_a_scan_without_points_shows_the_baseline():
    figure = rank_scan([], DARK, baseline=BASELINE)
    low, high = figure.layout.yaxis.range
    assert low < BASELINE.low < BASELINE.high < high
