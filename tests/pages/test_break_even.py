"""Wherever ranks are chosen, one line says up to which rank the decomposition is smaller than the layer."""

from __future__ import annotations

import re

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.visits import drawn, number, visit


def line(app: AppTest) -> str:
    (element,) = (element for element in app.markdown if re.search(r"break-even|saves numbers", element.value))
    return element.value.removeprefix(":small[").removesuffix("]")


@pytest.mark.parametrize("name", ["decompose", "heads", "reasoning"])
def test_every_screen_that_chooses_ranks_marks_those_that_store_more_than_the_layer(name: str) -> None:
    app = visit(name, model="demo-decoder-noisy", r1="120", r2="16", r3="4", sample="20")
    assert not app.exception
    assert line(app) == ":red[Nothing is saved: break-even is at R1 = 101]"


def test_the_mark_goes_where_the_ranks_save_and_the_line_stays() -> None:
    app = visit(r1="120", r2="16", r3="4")
    number(app, "R1").set_value(101)
    drawn(app)
    assert line(app) == ":gray[Saves numbers up to R1 = 101, break-even]"
    number(app, "R1").set_value(102)
    drawn(app)
    assert ":red[" in line(app)
    number(app, "R3").set_value(1)
    drawn(app)
    assert line(app) == ":gray[Every R1 saves numbers]"


def test_tied_ranks_break_even_at_an_r() -> None:
    assert line(visit(r1="120", r2="15", r3="4", tied="1")) == ":red[Nothing is saved: break-even is at r = 14]"
    assert line(visit(r1="112", r2="14", r3="4", tied="1")) == ":gray[Saves numbers up to r = 14, break-even]"


@pytest.mark.parametrize(("by", "value"), [({"by": "error", "error": "0.01"}, "red"), ({"by": "compression"}, "gray")])
def test_ranks_that_follow_from_an_error_or_a_ratio_have_the_line_too(by: dict[str, str], value: str) -> None:
    assert line(visit(**by)).startswith(f":{value}[")
