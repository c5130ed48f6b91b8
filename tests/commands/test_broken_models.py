"""The command line on models whose folder is broken."""

from __future__ import annotations

import shutil

import pytest

from tensorllm_core.__main__ import main
from tests.models.broken_models import BROKEN, LAYER
from tests.models.tiny_models import saved_model


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return saved_model("llama-grouped-wide", tmp_path_factory.mktemp("whole"))


@pytest.mark.parametrize(("spoil", "words"), BROKEN)
def test_a_broken_model_folder_is_one_line_and_exit_code_2(spoil, words, model, tmp_path, capsys):
    folder = shutil.copytree(model, tmp_path / "model")
    spoil(folder)
    assert main(["decompose", "--model", str(folder), "--layer", str(LAYER), "--ranks", "1,1,1"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: Expected ")
    assert printed.err.count("\n") == 1
    assert words in printed.err
