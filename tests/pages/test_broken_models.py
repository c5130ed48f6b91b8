"""Models with a broken folder: the screen says so in one sentence, and still shows a model."""

from __future__ import annotations

import shutil

import pytest

from tests.models.broken_models import BROKEN, LAYER
from tests.models.tiny_models import saved_model
from tests.pages.visits import drawn, sentences, visit


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return saved_model("llama-grouped-wide", tmp_path_factory.mktemp("whole"))


@pytest.mark.parametrize(("spoil", "words"), BROKEN)
def test_a_broken_model_folder_is_one_sentence_beside_what_was_shown(spoil, words, model, tmp_path) -> None:
    folder = shutil.copytree(model, tmp_path / "model")
    spoil(folder)
    app = visit(model=str(folder), layer=str(LAYER))
    assert not app.exception
    (sentence,) = sentences(app)
    assert words in sentence
    drawn(app)
    assert not app.exception
