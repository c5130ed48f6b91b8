"""Two cuts of one matrix are shaded by slice, with the model's own heads marked in both."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pytest

from tensorllm_core.figures.layout_cut import layout_cut
from tensorllm_core.figures.theme import Canvas
from tests.figures.canvases import BOTH, LIGHT

ROWS = np.repeat(np.arange(3), 2)[:, None].repeat(6, axis=1)
NUMBER = np.arange(36).reshape(6, 6)


def cut(canvas: Canvas = LIGHT) -> go.Figure:
    return layout_cut({"paper": ROWS, "released code": ROWS.T}, NUMBER, ROWS[:, 0], canvas)


def test_a_cell_shows_its_entry_in_the_shade_of_its_slice():
    left, right = cut().data
    np.testing.assert_array_equal(left.z, ROWS)
    np.testing.assert_array_equal(right.z, ROWS.T)
    np.testing.assert_array_equal(left.text, NUMBER)
    np.testing.assert_array_equal(right.text, NUMBER)
    assert left.zmin == right.zmin
    assert left.zmax == right.zmax


def test_slices_are_named_beside_their_rows_or_above_their_columns():
    names = [text for text in cut().layout.annotations if text.text.startswith("slice")]
    assert [text.text for text in names] == ["slice 0", "slice 1", "slice 2"] * 2
    assert [text.y for text in names[:3]] == [0.5, 2.5, 4.5]
    assert [text.x for text in names[3:]] == [0.5, 2.5, 4.5]


def test_the_heads_of_the_model_are_parted_at_the_same_outputs_in_both():
    lines = cut().layout.shapes
    assert [line.y0 for line in lines] == [1.5, 3.5] * 2
    assert {line.xref for line in lines} == {"x", "x2"}


@pytest.mark.parametrize("canvas", BOTH)
def test_axes_say_output_and_input_with_the_first_output_on_top(canvas):
    layout = cut(canvas).layout
    assert layout.font.color == canvas.look.ink
    for across, down in ((layout.xaxis, layout.yaxis), (layout.xaxis2, layout.yaxis2)):
        assert (across.title.text, down.title.text) == ("input", "output")
        assert down.range[0] > down.range[1]
