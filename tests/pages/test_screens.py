"""Every screen in Streamlit's test harness: it draws, keeps its state, and answers bad links with one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from pages.frame.navigation import PAGES, SPEAKER_PAGE, START
from pages.overview.scene_cards import SCENES
from pages.session.links import scene_parameters
from pages.session.scene import DEFAULT_MODEL
from tests.pages.visits import drawn, number, sentences, value, visit

ROOT = Path(__file__).resolve().parents[2]


def test_every_folder_of_a_screen_is_registered() -> None:
    assert {page.file for page in (*PAGES.values(), SPEAKER_PAGE)} == {
        path.relative_to(ROOT).as_posix() for path in ROOT.glob("pages/*/page.py")
    }


@pytest.mark.parametrize("name", PAGES)
def test_every_screen_draws_with_no_click(name: str) -> None:
    app = visit(name, sample="50")
    assert not app.exception
    assert sentences(app) == []
    assert app.get("plotly_chart") or name in {START, "history", "show"}


def test_decompose_opens_on_the_noisy_model_at_the_hinted_ranks() -> None:
    app = visit()
    assert app.selectbox("model widget").value == DEFAULT_MODEL
    assert "model" not in app.query_params, "a link is as short as can be"
    assert "r1" not in app.query_params
    assert value(app, "Smaller by").endswith("x")


def test_ranks_in_the_link_are_shown_and_kept() -> None:
    app = visit(model="demo-decoder", layer="2", r1="4", r2="2", r3="1")
    assert [number(app, label).value for label in ("R1", "R2", "R3")] == [4, 2, 1]
    assert app.query_params["r1"] == "4"
    assert sentences(app) == []


def test_a_number_field_and_its_slider_move_together() -> None:
    app = visit(r1="4", r2="2", r3="1")
    number(app, "R1").set_value(6)
    drawn(app)
    slider = next(slider for slider in app.slider if slider.label == "R1")
    assert slider.value == 6
    slider.set_value(5)
    drawn(app)
    assert number(app, "R1").value == 5
    assert app.query_params["r1"] == "5"


def test_more_ranks_never_raise_the_error() -> None:
    app = visit(r1="4", r2="2", r3="1")
    before = float(value(app, "Relative error"))
    number(app, "R2").set_value(4)
    drawn(app)
    assert float(value(app, "Relative error")) <= before


def test_refinement_never_raises_the_error() -> None:
    app = visit(r1="6", r2="3", r3="2")
    before = float(value(app, "Relative error"))
    next(toggle for toggle in app.toggle if toggle.label.startswith("Refine")).set_value(True)
    drawn(app)
    assert float(value(app, "Relative error")) <= before
    assert app.query_params["refine"] == "1"


def test_fixing_the_error_finds_ranks_within_it() -> None:
    app = visit(model="demo-decoder", by="error", error="0.4")
    assert float(value(app, "Relative error")) <= 0.4


def test_fixing_the_ratio_finds_ranks_at_least_that_small() -> None:
    app = visit(model="demo-decoder", by="compression", ratio="20")
    assert float(value(app, "Smaller by").rstrip("x")) >= 20


def test_tied_ranks_keep_r1_at_heads_times_r2() -> None:
    app = visit(r1="16", r2="2", r3="2", tied="1")
    number(app, "r").set_value(3)
    drawn(app)
    r1, r2 = (int(app.query_params[name]) for name in ("r1", "r2"))
    assert r2 == 3
    assert r1 % r2 == 0


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"r1": "0", "r2": "1", "r3": "1"}, "got `0`"),
        ({"r1": "-3", "r2": "1", "r3": "1"}, "got `-3`"),
        ({"r1": "abc", "r2": "1", "r3": "1"}, "got `abc`"),
        ({"r1": "4"}, "only some"),
        ({"r1": "99999", "r2": "8", "r3": "4"}, "from (1, 1, 1) to (128, 16, 4)"),
        ({"layer": "99"}, "got 99"),
        ({"layer": "x"}, "got `x`"),
        ({"layout": "zzz"}, "got `zzz`"),
        ({"by": "error", "error": "7"}, "got `7`"),
        ({"model": "nope"}, "nope"),
        ({"model": "/no/such/folder"}, "/no/such/folder"),
    ],
)
def test_nonsense_in_the_link_costs_one_sentence_and_the_screen_stays_usable(
    parameters: dict[str, str], words: str
) -> None:
    app = visit(**parameters)
    assert not app.exception
    assert len(sentences(app)) == 1
    assert words in sentences(app)[0]
    assert app.get("plotly_chart")
    drawn(app)
    assert len(sentences(app)) == 1, "it stays for as long as nothing changes"
    field = app.number_input[0]
    field.set_value(0.4 if isinstance(field.value, float) else 2)
    drawn(app)
    assert sentences(app) == []


def test_a_ratio_out_of_reach_is_said_until_it_is_changed() -> None:
    app = visit(by="compression", ratio="1000000")
    assert len(sentences(app)) == 1
    assert app.get("plotly_chart")
    number(app, "Compression ratio at least").set_value(12.0)
    drawn(app)
    assert sentences(app) == []
    assert float(value(app, "Smaller by").rstrip("x")) >= 12


def test_going_back_to_an_earlier_address_restores_its_scene() -> None:
    app = visit(r1="4", r2="2", r3="1")
    number(app, "R1").set_value(6)
    drawn(app)
    app.query_params["r1"] = "4"
    drawn(app)
    assert number(app, "R1").value == 4


def test_every_tab_draws() -> None:
    for tab in ("Heads and parts", "One core", "Weights", "Refinement", "Best ranks"):
        app = visit(tab=tab, refine="1")
        assert not app.exception, tab
        assert sentences(app) == [], tab


def test_every_scene_worth_seeing_draws_without_a_complaint() -> None:
    for card in SCENES:
        app = visit(**scene_parameters(card.scene))
        assert not app.exception, card.title
        assert sentences(app) == [], card.title


def test_the_layer_that_shares_a_subspace_loses_nothing_at_its_true_ranks() -> None:
    shared = next(card for card in SCENES if "share" in card.title)
    assert float(value(visit(**scene_parameters(shared.scene)), "Relative error")) < 1e-3


def test_ranks_that_are_too_large_together_are_held_without_moving_the_controls() -> None:
    app = visit(r1="100", r2="2", r3="1")
    assert number(app, "R1").value == 100
    assert any("In use: **(16, 2, 1)**" in caption.value for caption in app.caption)
    number(app, "R2").set_value(16)
    drawn(app)
    assert number(app, "R1").value == 100
    assert app.query_params["r1"] == "100"


def test_a_model_that_does_not_open_leaves_the_scene_as_it_was() -> None:
    app = visit(model="demo-decoder", layer="2", r1="4", r2="2", r3="1")
    app.query_params["model"] = "/no/such/folder"
    drawn(app)
    assert app.query_params["model"] == "demo-decoder"
    assert app.query_params["layer"] == "2"
    assert app.query_params["r1"] == "4"


def test_suggested_ranks_are_no_longer_tied() -> None:
    app = visit(r1="16", r2="2", r3="2", tied="1")
    next(button for button in app.button if button.label == "Suggested ranks").click()
    drawn(app)
    assert "tied" not in app.query_params
    assert "r1" not in app.query_params


def test_views_that_the_layer_does_not_have_leave_the_link() -> None:
    app = visit(view="zz", part="X", tab="nothing", group="99")
    assert not {"view", "part", "tab"} & set(app.query_params)
    assert app.query_params["group"] == "7"


def test_a_benchmark_that_does_not_exist_is_one_sentence_and_the_bundled_ones_are_asked() -> None:
    app = visit("reasoning", benchmark="nope", sample="20")
    assert not app.exception
    assert len(sentences(app)) == 1
    assert "got nope; asking the bundled ones" in sentences(app)[0]
    assert app.get("plotly_chart")
