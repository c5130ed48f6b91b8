"""The Layers screen in Streamlit's test harness."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from streamlit.testing.v1 import AppTest

from pages.layers import survey_job as surveying
from pages.work import caches as cache
from tensorllm_core.models.bundled_models import bundled_folder
from tests.models.tiny_models import saved_model
from tests.pages.visits import drawn, sentences, visit


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache folder of its own, and no results of earlier tests."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    cache.layer_store.clear()
    cache.job_board.clear()


def ratio(app: AppTest):
    return next(slider for slider in app.select_slider if slider.label == "Compression ratio")


def words(app: AppTest) -> str:
    """What the screen says, but for how full the memory is at this moment."""
    return "\n".join(element.value for element in (*app.markdown, *app.caption) if "iB" not in element.value)


def files(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "cache" / "tensorllm-explorer" / "layers").glob("*.npz"))


def test_all_four_pictures_are_there_with_chance_beside_them() -> None:
    app = visit("layers")
    assert not app.exception
    assert sentences(app) == []
    assert len(app.get("plotly_chart")) == 4
    assert "Gaussian weights have **0.92**" in words(app)


def test_moving_the_ratio_changes_the_errors_and_the_link() -> None:
    app = visit("layers", model="demo-encoder")
    before = words(app)
    ratio(app).set_value(20.0)
    drawn(app)
    assert app.query_params["fixed_ratio"] == "20.0"
    assert "Error at 20x" in words(app)
    assert "Error at 20x" not in before


def test_the_ratio_and_the_mode_in_the_link_are_shown() -> None:
    app = visit("layers", fixed_ratio="20", mode="3", layer="2")
    assert ratio(app).value == 20.0
    assert "Layer 2: " in words(app)
    assert " of 4 directions are stronger than any of random weights" in words(app)


@pytest.mark.parametrize(
    ("parameters", "words_shown"),
    [
        ({"fixed_ratio": "abc"}, "got `abc`"),
        ({"fixed_ratio": "0"}, "got `0`"),
        ({"fixed_ratio": "nan"}, "got `nan`"),
        ({"fixed_ratio": "100000"}, "got 100000"),
        ({"mode": "4"}, "got `4`"),
        ({"layer": "99"}, "got 99"),
    ],
)
def test_nonsense_in_the_link_costs_one_sentence(parameters: dict[str, str], words_shown: str) -> None:
    visit("layers")  # afterwards all layers are read, so that the next visit shows the sentence at once
    app = visit("layers", **parameters)
    assert not app.exception
    assert len(sentences(app)) == 1
    assert words_shown in sentences(app)[0]
    assert len(app.get("plotly_chart")) == 4
    drawn(app)
    assert len(sentences(app)) == 1, "it stays for as long as nothing changes"
    ratio(app).set_value(20.0)
    drawn(app)
    assert sentences(app) == []


def test_a_ratio_between_two_of_the_grid_becomes_the_nearest_without_a_word() -> None:
    app = visit("layers", fixed_ratio="11.5")
    assert ratio(app).value == 12.0
    assert sentences(app) == []


def test_summaries_are_kept_on_disk_and_read_from_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    visit("layers")
    assert len(files(tmp_path)) == 4 + 3
    cache.layer_store.clear()
    cache.job_board.clear()

    def refuse(*_: object) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr("tensorllm_core.experiments.layers.summarise", refuse)
    app = visit("layers")
    assert sentences(app) == []
    assert len(app.get("plotly_chart")) == 4


def test_damaged_files_are_computed_anew(tmp_path: Path) -> None:
    before = words(visit("layers"))
    for file in files(tmp_path):
        file.write_bytes(b"not a summary")
    cache.layer_store.clear()
    cache.job_board.clear()
    app = visit("layers")
    assert sentences(app) == []
    assert words(app) == before


def test_a_home_that_cannot_be_written_changes_nothing_on_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/no-home")
    cache.layer_store.clear()
    app = visit("layers")
    assert not app.exception
    assert sentences(app) == []
    assert len(app.get("plotly_chart")) == 4


def test_a_large_model_is_read_only_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surveying, "_QUICK_WEIGHTS", 1000)
    app = visit("layers")
    assert not app.exception
    assert app.get("plotly_chart") == []
    assert "**4 layers** of 65,536 attention weights each" in app.info[0].value
    next(button for button in app.button if button.label == "Read all layers").click()
    drawn(app)
    assert app.info == []
    assert len(app.get("plotly_chart")) == 4
    # What is on disk is shown at once the next time.
    cache.job_board.clear()
    assert len(visit("layers").get("plotly_chart")) == 4


def test_a_layer_that_cannot_be_read_is_named_and_the_others_are_shown(tmp_path: Path) -> None:
    for file in bundled_folder("demo-decoder").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    weights = load_file(tmp_path / "model.safetensors")
    broken = next(name for name in weights if "layers.2.self_attn.q_proj" in name)
    save_file(weights | {broken: torch.full_like(weights[broken], float("inf"))}, tmp_path / "model.safetensors")
    app = visit("layers", model=str(tmp_path))
    assert not app.exception
    assert len(sentences(app)) == 1
    assert sentences(app)[0].startswith("Layer 2 is left out. Expected finite weights")
    assert len(app.get("plotly_chart")) == 4


@pytest.mark.parametrize("name", ["llama-grouped-wide", "llama-multi-query", "albert"])
def test_grouped_and_shared_layers_are_shown_too(name: str, tmp_path: Path) -> None:
    app = visit("layers", model=str(saved_model(name, tmp_path / name)))
    assert not app.exception
    assert sentences(app) == []
    assert len(app.get("plotly_chart")) == 4


def test_it_leads_to_the_layer_that_is_chosen() -> None:
    app = visit("layers", layer="3")
    links = {link.proto.label: link.proto.query_string for link in app.get("page_link")}
    assert set(links) == {"Decompose layer 3", "Heads of layer 3"}
    assert all("layer=3" in query for query in links.values())


def test_it_presents() -> None:
    app = visit("layers", present="1")
    assert not app.exception
    assert len(app.get("plotly_chart")) == 4
