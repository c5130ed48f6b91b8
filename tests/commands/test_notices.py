"""Every command that asks questions says which it could not ask, each on a line of its own, and answers the rest."""

from __future__ import annotations

import json

import pytest

from tensorllm_core.__main__ import main

LAYERS = ("--layers", "1", "--json")


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("evaluate", ("--ranks", "8,4,2", "--split", "all", "--benchmark")),
        ("scan", ("--benchmarks",)),
        ("compare", ("--methods", "tensorllm", "--ratios", "4", "--split", "validation", "--benchmarks")),
    ],
)
def test_a_question_that_cannot_be_asked_is_named_and_costs_no_other(command, arguments, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    rows = [{"question": f"Is it {number}?", "answer": "true", "choices": ["true", "false"]} for number in range(20)]
    rows[1] = {"question": "Who is it?", "answer": "true", "choices": ["true", "Zaphod"]}
    file = tmp_path / "own.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))
    assert main([command, "--model", "demo-decoder", *LAYERS, *arguments, str(file)]) == 0
    printed = capsys.readouterr()
    json.loads(printed.out)
    (notice,) = (line for line in printed.err.splitlines() if "Zaphod" in line)
    known = "Expected answers that consist of tokens that `demo-decoder` knows"
    assert notice == f"Row 2 of `own`: {known}, got `Zaphod`; it is left out."
