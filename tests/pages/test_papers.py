"""The Papers screen in Streamlit's test harness."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from pages.controls import time_estimate as rates
from pages.session.links import parse_scene
from pages.session.scene_parts import PAPER_TABLES, ChooseBy
from pages.work import caches as cache
from tensorllm_core.errors import RequestError
from tensorllm_core.experiments.needs import Rate
from tensorllm_core.experiments.published_tables import CELLS, VARIANTS
from tensorllm_core.types import Layout
from tests.experiments.measurements import measurement
from tests.pages.visits import drawn, sentences, visit


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    cache.measured_store.clear()
    cache.job_board.clear()
    yield
    cache.measured_store.clear()


def words(app: AppTest) -> str:
    return "\n".join(element.value for element in (*app.markdown, *app.caption))


def select(app: AppTest, label: str):
    return next(box for box in app.selectbox if box.label == label)


def links(app: AppTest) -> dict[str, dict[str, str]]:
    """Parameters of each link to another screen, by its label."""
    queries = {link.proto.label: parse_qs(link.proto.query_string) for link in app.get("page_link")}
    return {label: {name: values[0] for name, values in query.items()} for label, query in queries.items()}


def put(**changes) -> None:
    cache.measured_store().put(measurement(**changes))


def test_the_bare_address_shows_table_two_with_a_picture_and_a_cell() -> None:
    app = visit("papers")
    assert not app.exception
    assert sentences(app) == []
    assert len(app.get("plotly_chart")) == 1
    assert len(app.dataframe) == 1
    table = app.dataframe[0].value
    assert table.loc["FEVER", "GPT-J-6B, published"] == "50.2 → 58.94, 14.69x"
    assert set(table["GPT-J-6B, measured here"]) == {"–"}
    assert ":blue-badge[published] **50.2 → 58.94%**, +8.74 points" in words(app)
    assert ":green-badge[measured here] not yet" in words(app)


@pytest.mark.parametrize("cell", [f"{model}-{benchmark}" for model, benchmark in CELLS])
def test_every_cell_can_be_looked_at(cell: str) -> None:
    app = visit("papers", cell=cell)
    assert not app.exception
    assert sentences(app) == []
    assert app.query_params.get("cell", "gptj-fever") == cell


@pytest.mark.parametrize("table", PAPER_TABLES)
def test_every_table_and_variant_draws(table: str) -> None:
    for variant in VARIANTS.get(table, ("",)):
        app = visit("papers", table=table, variant=variant)
        assert not app.exception
        assert sentences(app) == []
        assert len(app.get("plotly_chart")) == 1
        assert "**Needs** 24.8 GiB in float32, 12.4 GiB in float16" in words(app)


def test_going_to_another_table_keeps_the_cell_and_the_address() -> None:
    app = visit("papers", cell="gptj-bios")
    next(group for group in app.segmented_control if group.label == "Table").set_value("III")
    drawn(app)
    assert app.query_params["table"] == "III"
    assert app.query_params["cell"] == "gptj-bios"
    assert "by TensorLLM + LASER" in words(app)
    next(group for group in app.segmented_control if group.label == "Case").set_value("1")
    drawn(app)
    assert app.query_params["variant"] == "1"
    assert "75.6 → 82.1%** by LASER on FFN" in words(app)


def test_table_four_is_of_one_model_and_a_click_there_is_no_mistake() -> None:
    app = visit("papers", cell="roberta-bios")
    next(group for group in app.segmented_control if group.label == "Table").set_value("IV")
    drawn(app)
    assert sentences(app) == []
    assert app.query_params["cell"] == "gptj-bios"
    assert select(app, "Model").options == ["GPT-J-6B"]


@pytest.mark.parametrize(
    ("parameters", "words_shown"),
    [
        ({"table": "V"}, "got `V`"),
        ({"cell": "gpt2-fever"}, "got `gpt2-fever`"),
        ({"cell": "gptj"}, "got `gptj`"),
        ({"cell": "gptj-fever-1"}, "got `gptj-fever-1`"),
        ({"cell_layer": "x"}, "got `x`"),
        ({"cell_layer": "28"}, "got 28"),
        ({"table": "IV", "cell": "roberta-fever"}, "got roberta"),
        ({"device": "cuda:99"}, "`cuda:99`"),
    ],
)
def test_nonsense_in_the_link_costs_one_sentence(parameters: dict[str, str], words_shown: str) -> None:
    app = visit("papers", **parameters)
    assert not app.exception
    assert len(sentences(app)) == 1
    assert words_shown in sentences(app)[0]
    assert len(app.get("plotly_chart")) == 1


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"triple": "9"}, []),
        ({"triple": "zero"}, ["`zero`"]),
        ({"triple": "0"}, ["`0`"]),
        ({"variant": "zzz"}, ["`zzz`"]),
    ],
)
def test_what_the_cell_does_not_have_leaves_the_link(parameters: dict[str, str], words: list[str]) -> None:
    app = visit("papers", cell="gptj-bios", **parameters)
    assert len(sentences(app)) == len(words)
    assert all(word in sentence for word, sentence in zip(words, sentences(app), strict=True))
    assert not set(parameters) & set(app.query_params)


def test_the_button_fills_in_all_that_reasoning_asks_for() -> None:
    query = links(visit("papers"))["Reproduce in Reasoning"]
    scene, notices = parse_scene(query)
    assert notices == ()
    assert (scene.model, scene.questions.benchmark, scene.questions.split) == (
        "EleutherAI/gpt-j-6b",
        ("fever",),
        "test",
    )
    assert (scene.layer, scene.ranks.chosen) == (21, (672, 42, 4))
    assert (scene.ranks.by, scene.ranks.tied, scene.ranks.refine) == (ChooseBy.RANKS, True, True)
    assert scene.layout is Layout.RELEASED_CODE
    assert scene.questions.sample == 0
    assert parse_scene(links(visit("papers"))["First 500"])[0].questions.sample == 500


def test_the_layer_and_the_other_triple_are_filled_in_too() -> None:
    app = visit("papers", cell="roberta-hotpotqa")
    select(app, "Layer").set_value(4)
    select(app, "Ranks").set_value(2)
    drawn(app)
    assert (app.query_params["cell_layer"], app.query_params["triple"]) == ("4", "2")
    scene = parse_scene(links(app)["Reproduce in Reasoning"])[0]
    assert (scene.layer, scene.ranks.chosen) == (4, (720, 60, 3))
    assert "so next to nothing is saved" in words(app)


def test_another_model_starts_from_its_own_layer_and_ranks() -> None:
    app = visit("papers", cell="roberta-hotpotqa", cell_layer="4", triple="2")
    select(app, "Model").set_value("llama2")
    drawn(app)
    assert app.query_params["cell"] == "llama2-hotpotqa"
    scene = parse_scene(links(app)["Reproduce in Reasoning"])[0]
    assert (scene.model, scene.layer, scene.ranks.chosen) == ("meta-llama/Llama-2-7b-hf", 24, (1920, 60, 3))


def test_a_measured_result_stands_beside_the_published_one() -> None:
    put()
    app = visit("papers")
    assert app.dataframe[0].value.loc["FEVER", "GPT-J-6B, measured here"] == "50.2 → 58.0 [+5.0, +10.6]"
    assert "**50.2 → 58.0%**, +7.8 points [+5.0, +10.6]" in words(app)
    assert "layer 21 at (672, 42, 4), 500 questions" in words(app)


def test_results_on_validation_questions_do_not_stand_beside_test_figures() -> None:
    put(split="validation")
    assert ":green-badge[measured here] not yet" in words(visit("papers"))


def test_results_of_laser_stand_in_its_own_table() -> None:
    put(method="laser", ranks=())
    assert ":green-badge[measured here] not yet" in words(visit("papers"))
    assert "**50.2 → 58.0%**" in words(visit("papers", table="LASER"))


def test_a_home_that_cannot_be_written_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/no-home")
    cache.measured_store.clear()
    app = visit("papers")
    assert not app.exception
    assert sentences(app) == []


def test_laser_s_cell_names_its_matrix_layer_and_share() -> None:
    app = visit("papers", table="LASER", cell="roberta-bios")
    assert "**U_in** of layer **3** at ρ = **0.9**" in words(app)
    assert "no compression" in words(app)


def test_measuring_this_machine_changes_the_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "measure_rate", lambda *_: Rate(1e15, "float32", "this machine's test"))
    app = visit("papers")
    assert "measured on 2 cores" in words(app)
    next(button for button in app.button if button.label == "Measure this machine").click()
    drawn(app)
    assert "measured on this machine's test" in words(app)
    assert "about **8 s** for all 10,469" in words(app)
    assert not [button for button in app.button if button.label == "Measure this machine"]


def test_a_measurement_that_fails_is_said_and_the_example_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> Rate:
        raise RequestError("Expected room, got none; free some.")

    monkeypatch.setattr(rates, "measure_rate", fail)
    app = visit("papers")
    next(button for button in app.button if button.label == "Measure this machine").click()
    drawn(app)
    assert sentences(app) == ["Expected room, got none; free some."]
    assert "measured on 2 cores" in words(app)


def test_it_presents() -> None:
    app = visit("papers", present="1")
    assert not app.exception
    assert len(app.get("plotly_chart")) == 1
    assert links(app)["Reproduce in Reasoning"]["present"] == "1"
