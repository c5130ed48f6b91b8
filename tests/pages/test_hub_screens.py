"""Models of the hub on the screens: opened by id, and every refusal is one sentence beside a usable screen."""

from __future__ import annotations

import pytest
import streamlit as st

from tests.models.hub_models import MODEL, NOT_DOWNLOADED, NOT_OPENED, hub_with_a_model
from tests.pages.visits import drawn, sentences, type_model, visit


@pytest.fixture
def server(tmp_path, monkeypatch):
    # Another test may have opened the same id from a server of its own.
    st.cache_resource.clear()
    with hub_with_a_model(tmp_path, monkeypatch) as hub:
        yield hub


def test_a_model_of_the_hub_is_decomposed_without_a_download(server, tmp_path) -> None:
    app = visit(model=MODEL, layer="2")
    assert sentences(app) == []
    assert app.get("plotly_chart")
    assert not (tmp_path / "cache").exists()


def test_the_address_of_its_page_in_the_model_box_becomes_its_id(server) -> None:
    app = visit()
    type_model(app, f"https://huggingface.co/{MODEL}/tree/main?library=x")
    assert sentences(app) == []
    assert app.query_params["model"] == f"{MODEL}@main"
    assert app.selectbox("model widget").value == f"{MODEL}@main"


@pytest.mark.parametrize(("spoil", "model", "words"), NOT_OPENED)
def test_what_cannot_be_opened_is_one_sentence_beside_what_was_shown(server, monkeypatch, spoil, model, words) -> None:
    spoil(server, monkeypatch)
    app = visit(model=model)
    assert not app.exception
    (sentence,) = sentences(app)
    assert words in sentence
    assert sentence.endswith("Showing `demo-decoder-noisy` instead.")
    assert app.get("plotly_chart")


def test_asking_says_what_it_downloads_and_then_answers(server) -> None:
    app = visit("reasoning", model=MODEL, sample="100", benchmark="world-facts")
    (caption,) = [caption.value for caption in app.caption if "downloads" in caption.value]
    assert caption.startswith("The first run downloads ")
    assert "KiB of someone/tiny to the hub's cache" in caption
    assert not any("download" in request for request in server.requests)


@pytest.mark.parametrize(("spoil", "words"), NOT_DOWNLOADED)
def test_what_cannot_be_downloaded_is_one_sentence_where_the_answers_would_be(
    server, monkeypatch, spoil, words
) -> None:
    app = visit("reasoning", model=MODEL, layer="1", sample="100", benchmark="world-facts", r1="4", r2="4", r3="2")
    spoil(server, monkeypatch)
    app.button("ask").click()
    drawn(app)
    assert not app.exception
    (sentence,) = sentences(app)
    assert words in sentence
