"""The History screen: every run that has ended stands there, and its link shows it again."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from pages.history.run_table import link_of
from pages.session.links import parse_scene
from pages.work import caches
from tests.pages.hostile import HOSTILE, alive, markdown_of
from tests.pages.visits import drawn, sentences, value, visit
from tests.runs.run_records import run_record

FEW = {"model": "demo-decoder-noisy", "layer": "2", "r1": "12", "r2": "6", "r3": "4", "benchmark": "world-facts",
       "sample": "20", "controls": "0"}  # fmt: skip


def rows(app: AppTest) -> pd.DataFrame:
    return app.dataframe[0].value


def link(row: pd.Series) -> tuple[str, dict[str, str]]:
    parts = urlsplit(row["open"])
    return parts.path.strip("/"), dict(parse_qsl(parts.query))


def test_without_a_run_it_says_where_to_begin_and_that_the_list_is_shared() -> None:
    app = visit("history")
    assert not app.exception
    assert "No run has ended here yet." in app.info[0].value
    assert len(app.get("page_link")) == 2
    assert not app.dataframe
    assert any("All who use this server see this list" in caption.value for caption in app.caption)


def test_an_evaluation_stands_there_with_its_result_and_its_link_shows_it_again() -> None:
    asked = visit("reasoning", **FEW, tab="Margins", present="1")
    app = visit("history")
    assert not app.exception
    (row,) = rows(app).to_dict("records")
    assert (row["run"], row["model"], row["method"]) == ("evaluation", "demo-decoder-noisy", "TensorLLM")
    assert (row["layers"], row["setting"], row["questions"]) == ("2", "ranks (12, 6, 4)", 20)
    assert row["of"] == "world-facts (test)"
    before, after = (float(share.rstrip("%")) for share in value(asked, "Accuracy").split(" → "))
    assert (row["before"], row["after"], row["change"]) == pytest.approx((before, after, after - before))
    assert row["from"] <= row["change"] <= row["to"]
    page, parameters = link(row)
    assert page == "reasoning"
    # `visit` itself asks for the plain figures.
    assert parse_scene(parameters) == parse_scene(FEW | {"tab": "Margins", "plain": "1"})
    again = visit(page, **parameters)
    assert value(again, "Accuracy") == value(asked, "Accuracy")


def test_a_comparison_and_a_scan_stand_there_too_the_latest_first_and_once() -> None:
    visit("compare", **FEW, methods="tensorllm,separate", budgets="8", budget="8")
    scanned = visit("reasoning", **FEW, tab="Rank scan")
    next(button for button in scanned.button if button.label == "Scan ratios").click()
    drawn(scanned)
    asked = visit("reasoning", **FEW)
    next(button for button in asked.button if button.label == "Ask again").click()
    drawn(asked)
    shown = rows(visit("history"))
    assert list(shown["run"]) == ["evaluation", "scan", "comparison"]
    assert [link(row)[0] for _, row in shown.iterrows()] == ["reasoning", "reasoning", "compare"]
    assert link(shown.iloc[1])[1]["tab"] == "Rank scan"
    assert shown["setting"].iloc[2].startswith("best of 2 methods at 8x")
    again = visit("compare", **link(shown.iloc[2])[1])
    assert value(again, "Best at 8x").endswith("%")


def test_runs_outlive_the_server() -> None:
    visit("reasoning", **FEW)
    before = rows(visit("history"))
    caches.run_log.clear()
    pd.testing.assert_frame_equal(rows(visit("history")), before)


def test_what_a_visitor_typed_or_uploaded_is_not_shown_to_others() -> None:
    visit("reasoning", **FEW, template="My secret: {question}")
    app = visit("history")
    assert rows(app)["setting"].item().endswith("own prompt")
    stored = "".join(path.read_text() for path in caches.run_log()._folder.iterdir())
    assert "secret" not in stored + rows(app).to_csv()


def test_a_stopped_run_says_so_and_one_of_a_screen_that_is_gone_has_no_link() -> None:
    caches.run_log().put(run_record(key="a", complete=False))
    caches.run_log().put(run_record(key="b", page="party"))
    shown = rows(visit("history")).set_index("run")
    path = "/reasoning?model=demo-decoder-noisy&layer=1&sample=40&layers=1-2"
    assert shown["open"]["evaluation, stopped"] == path
    assert shown["open"]["evaluation"] == ""
    assert link_of(run_record(), "http://localhost:1") == f"http://localhost:1{path}"


def test_hostile_texts_in_records_are_text() -> None:
    for number, text in enumerate(HOSTILE):
        short = text[:900]
        words = {"model": short, "method": short, "setting": short, "benchmarks": (short,)}
        caches.run_log().put(run_record(key=f"{number}", **words, parameters={"model": short, "benchmark": short}))
    app = visit("history")
    assert not app.exception
    assert sentences(app) == []
    assert len(rows(app)) == len(HOSTILE)
    assert [shown for shown in markdown_of(app) if alive(shown)] == []
    assert all(address.startswith("/reasoning?") for address in rows(app)["open"])
