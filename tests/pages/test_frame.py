"""The frame of a screen decides the size of its figures."""

from __future__ import annotations

import json

from streamlit.testing.v1 import AppTest

from tests.pages.visits import visit


def layouts(app: AppTest) -> list[dict]:
    return [json.loads(chart.proto.spec)["layout"] for chart in app.get("plotly_chart")]


def test_figures_are_taller_by_as_much_as_their_type_is_larger_while_presenting() -> None:
    plain, presented = layouts(visit("overview")), layouts(visit("overview", present="1"))
    assert len(plain) == 2
    for desk, projector in zip(plain, presented, strict=True):
        factor = projector["font"]["size"] / desk["font"]["size"]
        assert factor > 1
        assert abs(projector["height"] - factor * desk["height"]) <= 1
