"""The commands on a GGUF file: its quantisation is named wherever a figure comes from its weights."""

from __future__ import annotations

import json

import pytest

from tensorllm_core.__main__ import main
from tests.models.gguf_models import write_gguf

NOTICE = "GGUF, mostly Q4_1: the weights are those of the quantised file, so its rounding is in all figures."
RANKS = ("--ranks", "4,4,2")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gguf")
    write_gguf(folder / "quantised.gguf", "llama", "Q4_1")
    write_gguf(folder / "plain.gguf", "llama", "F16")
    rows = [{"question": "wa wb", "choices": ["a", "b", "c", "d"], "answer": "b"}] * 4
    (folder / "own.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def run(capsys, *arguments: str) -> tuple[dict, list[str]]:
    assert main([*arguments, "--json"]) == 0
    printed = capsys.readouterr()
    return json.loads(printed.out), printed.err.splitlines()


def test_inspect_gives_the_share_of_each_type(folder, capsys):
    described, said = run(capsys, "inspect", "--model", str(folder / "quantised.gguf"))
    assert said == [NOTICE]
    assert list(described["quantisation"]) == ["Q4_1", "F32"]
    assert sum(described["quantisation"].values()) == pytest.approx(1)
    assert described["tensors"]["dtypes"].keys() == {"Q4_1", "F32"}
    for plain in (str(folder / "plain.gguf"), "demo-decoder"):
        assert run(capsys, "inspect", "--model", plain)[0]["quantisation"] is None


def test_results_name_the_quantisation(folder, capsys):
    model = ("--model", str(folder / "quantised.gguf"))
    own = str(folder / "own.jsonl")
    commands = [
        ("decompose", *model, "--layer", "1", *RANKS),
        ("evaluate", *model, "--benchmark", own, "--layers", "1", *RANKS, "--split", "all"),
        ("compare", *model, "--layers", "1", "--methods", "tensorllm", "--ratios", "4", "--benchmarks", "none"),
    ]
    for command in commands:
        assert NOTICE in run(capsys, *command)[1]


def test_a_plain_file_needs_no_notice(folder, capsys):
    _, lines = run(capsys, "decompose", "--model", str(folder / "plain.gguf"), "--layer", "0", *RANKS)
    assert [line for line in lines if "GGUF" in line or "quantis" in line] == []
