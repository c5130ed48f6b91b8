"""A GGUF file on the screens: it opens by its path, and every screen that shows its weights names the quantisation."""

from __future__ import annotations

import pytest

from tests.models.gguf_models import write_gguf
from tests.pages.visits import sentences, visit


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return write_gguf(tmp_path_factory.mktemp("gguf") / "model.gguf", "llama", "Q4_1")


@pytest.mark.parametrize("screen", ["overview", "decompose", "layers", "heads"])
def test_the_quantisation_stands_below_the_toolbar(screen, path):
    app = visit(screen, model=str(path))
    assert not app.exception
    assert sentences(app) == []
    assert [caption.value for caption in app.caption if caption.value.startswith("GGUF, mostly Q4_1: ")]


def test_presented_a_badge_names_the_quantisation(path):
    app = visit("overview", model=str(path), present="1")
    assert not app.exception
    assert any(text.value.endswith(":gray-badge[Q4_1]") for text in app.markdown)


def test_a_file_that_is_no_model_is_one_sentence_beside_what_was_shown(tmp_path):
    (tmp_path / "x.gguf").write_bytes(b"nothing")
    app = visit("overview", model=str(tmp_path / "x.gguf"))
    assert not app.exception
    (sentence,) = sentences(app)
    assert sentence.startswith("Expected a GGUF file")
