"""The table of the best ranks opens at the visitor's own."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from pages.decompose.tabs import nearest_row, rows_around
from tests.pages.visits import drawn, value, visit


def rows(app: AppTest) -> pd.DataFrame:
    return app.dataframe[0].value


def marked(app: AppTest) -> pd.Series:
    (row,) = (row for _, row in rows(app).iterrows() if row[""])
    return row


@pytest.mark.parametrize("ranks", [(12, 6, 4), (1, 1, 1), (128, 16, 4), (37, 3, 2)])
def test_it_opens_around_the_row_nearest_in_size_to_your_ranks(ranks: tuple[int, int, int]) -> None:
    app = visit(tab="Best ranks", **dict(zip(("r1", "r2", "r3"), map(str, ranks), strict=True)))
    assert not app.exception
    assert len(rows(app)) == 7
    yours = int(re.match(r"[\d,]+", value(app, "Numbers stored"))[0].replace(",", ""))
    distances = np.abs(np.log(rows(app)["stored entries"] / yours))
    assert marked(app)["stored entries"] == rows(app)["stored entries"][distances.idxmin()]
    assert rows(app)["stored entries"].is_monotonic_increasing


def test_all_rows_are_one_click_away_with_the_same_row_marked() -> None:
    app = visit(tab="Best ranks", r1="12", r2="6", r3="4")
    before = marked(app)
    next(group for group in app.get("button_group") if group.label == "Rows").set_value("All")
    drawn(app)
    assert len(rows(app)) > 100
    assert tuple(rows(app).iloc[0][["R1", "R2", "R3"]]) == (1, 1, 1)
    pd.testing.assert_series_equal(marked(app), before)


def test_a_front_shorter_than_the_window_is_shown_whole() -> None:
    assert [rows_around(place, 5) for place in range(5)] == [0] * 5
    assert [rows_around(place, 100) for place in (0, 3, 50, 99)] == [0, 0, 47, 93]
    assert nearest_row(np.array([5]), 100) == 0
