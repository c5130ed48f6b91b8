"""Models of the hub on the screen: opened by id, and every refusal is one sentence that keeps the screen."""

from __future__ import annotations

import pytest
import streamlit as st

from tests.models.hub_models import MODEL, hub_with_a_model
from tests.pages.test_screens import sentences, visit


@pytest.fixture
def server(tmp_path, monkeypatch):
    # What another test opened from its own server under this id must not be remembered here.
    st.cache_resource.clear()
    with hub_with_a_model(tmp_path, monkeypatch) as found:
        yield found


def test_a_model_of_the_hub_is_decomposed_without_a_download(server, tmp_path) -> None:
    app = visit(model=MODEL, layer="2")
    assert sentences(app) == []
    assert app.get("plotly_chart")
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda server: server.repositories.clear(), "none that this token may read"),
        (lambda server: server.gated.add(MODEL), "a gated model"),
        (lambda server: server.failures.extend([429] * 9), "the answer 429 several times"),
        (lambda server: server.failures.extend([500] * 9), "the answer 500 several times"),
        (lambda server: (server.repositories[MODEL] / "model.safetensors").unlink(), "can run any program"),
    ],
)
def test_what_cannot_be_had_is_one_sentence_beside_what_was_shown(server, spoil, words) -> None:
    spoil(server)
    app = visit(model=MODEL)
    (told,) = sentences(app)
    assert words in told
    assert told.endswith("Showing `demo-decoder-noisy` meanwhile.")
    assert app.get("plotly_chart")


def test_a_wrong_revision_is_one_sentence(server) -> None:
    (told,) = sentences(visit(model=f"{MODEL}@v9"))
    assert "no revision `v9` there" in told


def test_asking_says_what_it_downloads_and_then_answers(server) -> None:
    app = visit("reasoning", model=MODEL, sample="100", benchmark="world-facts")
    (told,) = [caption.value for caption in app.caption if "Asking downloads" in caption.value]
    assert "KiB of `someone/tiny` to the hub's cache first" in told
    assert not any("download" in request for request in server.requests)
