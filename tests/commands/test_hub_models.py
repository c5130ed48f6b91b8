"""The command line on models of the hub."""

from __future__ import annotations

import json

import pytest

from tensorllm_core.__main__ import main
from tests.models.hub_models import MODEL, hub_with_a_model
from tests.tools.hub_server import COMMIT


@pytest.fixture
def server(tmp_path, monkeypatch):
    with hub_with_a_model(tmp_path, monkeypatch) as found:
        yield found


def test_inspect_and_decompose_open_a_model_by_id(server, capsys):
    assert main(["inspect", "--model", f"{MODEL}@main", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["commit"], told["layers"], told["heads"]) == (COMMIT, 3, 4)
    before = server.served["model.safetensors"]
    assert main(["decompose", "--model", MODEL, "--layer", "1", "--ranks", "4,4,2", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert server.served["model.safetensors"] - before < 2 * 4 * told["parameters"]["original"]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda server: server.repositories.clear(), "none that this token may read"),
        (lambda server: server.gated.add(MODEL), "a gated model"),
        (lambda server: setattr(server, "token", "secret"), "for a private model log in"),
        (lambda server: server.failures.extend([429] * 9), "the answer 429 several times"),
        (lambda server: server.failures.extend([500] * 9), "the answer 500 several times"),
        (
            lambda server: (server.repositories[MODEL] / "config.json").unlink(),
            "Expected config.json in `someone/tiny`",
        ),
        (lambda server: (server.repositories[MODEL] / "model.safetensors").unlink(), "can run any program"),
    ],
)
def test_what_cannot_be_had_is_one_line_and_exit_code_2(server, capsys, spoil, words):
    spoil(server)
    assert main(["inspect", "--model", MODEL]) == 2
    told = capsys.readouterr().err.strip()
    assert told.startswith("error: ")
    assert words in told
    assert "\n" not in told
