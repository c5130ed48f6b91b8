"""The panel that explains the difference, in Streamlit's test harness."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from pages.compare import lessons as panel_module
from tensorllm_core.methods.registry import METHODS
from tests.patience import PATIENCE


def panel(*names: str) -> AppTest:
    def script(names: tuple[str, ...]) -> None:
        from pages.compare.lessons import method_lessons

        method_lessons(names)

    app = AppTest.from_function(script, args=(names,), default_timeout=PATIENCE).run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    return "\n".join(element.value for element in (*app.markdown, *app.caption))


@pytest.mark.parametrize("names", [("tensorllm", "laser"), tuple(METHODS)])
def test_each_method_has_its_diagram_sentences_and_formula_and_the_layouts_follow(names: tuple[str, ...]) -> None:
    app = panel(*names)
    assert len(app.get("plotly_chart")) == len(names) + 1
    assert [formula.value.strip("$\n ") for formula in app.latex] == [METHODS[name].lesson.formula for name in names]
    for name in names:
        lesson = METHODS[name].lesson
        for said in (METHODS[name].title, lesson.takeaway, lesson.shares, lesson.private):
            assert said in words(app)
    assert "Paper against released code" in words(app)


@pytest.mark.parametrize(("count", "in_rows"), [(2, [2]), (3, [3]), (4, [2, 2]), (5, [3, 2]), (7, [3, 3, 1])])
def test_diagrams_stand_side_by_side_at_most_three_in_a_row(count: int, in_rows: list[int]) -> None:
    app = panel(*list(METHODS)[:count])
    # The last two columns hold the layouts and their words.
    shares = [round(column.weight, 3) for column in app.columns][:-2]
    assert shares == [round(1 / each, 3) for each in in_rows for _ in range(each)]


def test_no_method_leaves_the_layouts() -> None:
    assert len(panel().get("plotly_chart")) == 1


def test_the_numbers_behind_each_picture_are_its_tensors_and_the_places_of_its_entries(monkeypatch) -> None:
    tables = {}
    monkeypatch.setattr(
        panel_module, "show", lambda _figure, *, key, table, **_rest: tables.update({key: table()}) or []
    )
    panel("separate", "laser")
    separate, laser, layouts = tables.values()
    assert separate["of"].tolist() == [part for part in "QKVO" for _ in range(3)]
    assert set(separate["kept"]) == {"shared by all heads", "one per head"}
    assert set(laser["kept"]) == {"of this matrix alone"}
    assert len(layouts) == 4 * 36
    assert layouts.groupby(["part", "layout", "slice"]).size().tolist() == [12] * 12
