"""The command line on models of the hub."""

from __future__ import annotations

import json

import pytest

from tensorllm_core.__main__ import main
from tests.models.hub_models import MODEL, NOT_DOWNLOADED, NOT_OPENED, hub_with_a_model
from tests.patience import PATIENCE
from tests.tools.hub_server import COMMIT


@pytest.fixture
def server(tmp_path, monkeypatch):
    with hub_with_a_model(tmp_path, monkeypatch) as hub:
        yield hub


@pytest.fixture
def refused(capsys, monkeypatch):
    """Run a command that must be refused; its line on standard error."""

    # However slow the machine, no step lasts so long that it is printed.
    monkeypatch.setattr("tensorllm_core.commands.progress._BETWEEN_LINES", PATIENCE)

    def call(*arguments: str) -> str:
        assert main(arguments) == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err.startswith("error: ")
        assert printed.err.count("\n") == 1
        return printed.err

    return call


def test_inspect_and_decompose_open_a_model_by_id(server, capsys):
    assert main(["inspect", "--model", f"{MODEL}@main", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["commit"], told["layers"], told["heads"]) == (COMMIT, 3, 4)
    before = server.served["model.safetensors"]
    assert main(["decompose", "--model", MODEL, "--layer", "1", "--ranks", "4,4,2", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert server.served["model.safetensors"] - before < 2 * 4 * told["parameters"]["original"]


@pytest.mark.parametrize(("spoil", "model", "words"), NOT_OPENED)
def test_what_cannot_be_opened_is_one_line_and_exit_code_2(server, monkeypatch, refused, spoil, model, words):
    spoil(server, monkeypatch)
    assert words in refused("inspect", "--model", model)


@pytest.mark.parametrize(("spoil", "words"), NOT_DOWNLOADED)
def test_what_cannot_be_downloaded_is_one_line_and_exit_code_2(server, monkeypatch, refused, spoil, words):
    spoil(server, monkeypatch)
    asked = ("--benchmark", "world-facts", "--layers", "1", "--ranks", "4,4,2", "--limit", "5")
    assert words in refused("evaluate", "--model", MODEL, *asked)
