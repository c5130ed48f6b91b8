"""What the screens say of a model that is not bundled: suggested ranks, parts that are gone, which questions."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tensorllm_core.models.bundled_models import bundled_folder
from tests.models.tiny_models import saved_model
from tests.pages.visits import drawn, sentences, visit

MADE_UP = "about a made-up world that only the bundled models were trained on"


@pytest.fixture
def copy(tmp_path: Path) -> str:
    """A bundled model under another name."""
    shutil.copytree(bundled_folder("demo-decoder"), tmp_path / "copy")
    return str(tmp_path / "copy")


def words(app: AppTest) -> str:
    return "\n".join(element.value for element in (*app.markdown, *app.caption, *app.info))


def test_the_suggestion_keeps_every_part_and_says_what_the_noise_floor_is(copy: str) -> None:
    app = visit("decompose", model=copy, layer="1")
    assert "the fewest at which no part and no head has an error above 0.5." in words(app)
    assert "The noise floor is at ranks" not in words(app)
    help_texts = [text.help for text in app.markdown if text.help]
    assert any("It is no suggestion for this model" in text and "white noise" in text for text in help_texts)
    assert "The noise floor is at ranks" in words(visit("decompose"))


@pytest.mark.parametrize("name", ["decompose", "heads", "layers"])
def test_parts_that_are_gone_are_headlined(name: str, tmp_path: Path) -> None:
    model = str(saved_model("llama-grouped-wide", tmp_path))
    app = visit(name, model=model, layer="1", r1="1", r2="1", r3="1", fixed_ratio="50")
    assert not app.exception
    assert "practically gone" in words(app)
    assert "practically gone" not in words(
        visit(name, model=model, layer="1", by="error", error="0.1", fixed_ratio="1")
    )


def test_reasoning_preselects_nothing_and_offers_what_suits(copy: str) -> None:
    app = visit("reasoning", model=copy, layer="1")
    assert not app.exception
    assert sentences(app) == []
    assert MADE_UP in words(app)
    (box,) = (each for each in app.multiselect if each.label == "Benchmarks")
    assert box.value == []
    assert [button.label for button in app.get("download_button")] == ["Example file"]
    assert len(app.get("file_uploader")) == 1
    assert not app.metric
    box.set_value(["world-bios"])
    drawn(app)
    assert "world-bios is about a made-up world" in words(app)
    assert app.query_params["benchmark"] == "world-bios"
    (toggle,) = (each for each in app.toggle if each.label == "Chat template")
    assert toggle.disabled


def test_reasoning_headlines_what_is_gone() -> None:
    app = visit(
        "reasoning", model="demo-decoder", layer="1", r1="1", r2="1", r3="1", benchmark="world-bios", sample="40"
    )
    assert "practically gone in layer 1" in words(app)


def test_compare_without_questions_compares_errors(copy: str) -> None:
    app = visit("compare", model=copy, layer="1", methods="tensorllm", budgets="8", budget="100")
    assert MADE_UP in words(app)
    next(button for button in app.button if button.label == "Compare").click()
    drawn(app)
    assert not app.exception
    assert sentences(app) == []
    assert "No questions are chosen. These are the errors of the weights" in words(app)
    assert "TensorLLM at 100x: " in words(app)


def test_a_layer_with_one_group_shows_its_query_heads_and_says_why(tmp_path: Path) -> None:
    app = visit("heads", model=str(saved_model("llama-multi-query", tmp_path)))
    assert not app.exception
    assert len(app.get("plotly_chart")) == 4
    assert "This layer has a single group, so no two groups can be compared." in words(app)
