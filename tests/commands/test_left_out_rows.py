"""Every command that asks questions of a file says which of its rows it left out."""

from __future__ import annotations

import json

import pytest

from tensorllm_core.__main__ import main

_ROWS = [
    *(
        {"question": f"Is it {number}?", "answer": answer, "choices": ["true", "false"]}
        for number, answer in enumerate(("true", "false", "true", "false", "true", "false"))
    ),
    {"question": "What?", "answer": "x", "choices": ["x", ""]},
    {"question": "Which?", "answer": "neither", "choices": ["true", "false"]},
]


@pytest.mark.parametrize(
    "command",
    [
        ["evaluate", "--benchmark", "{}", "--layers", "1", "--ranks", "8,4,2", "--split", "all"],
        ["scan", "--benchmarks", "{}", "--layers", "1"],
        ["compare", "--benchmarks", "{}", "--layers", "1", "--methods", "tensorllm", "--ratios", "4", "--split", "all"],
    ],
    ids=lambda command: command[0],
)
def test_rows_that_cannot_be_used_are_told_by_number(command, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "own.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in _ROWS), encoding="utf-8")
    assert main([word.format(path) for word in command] + ["--model", "demo-decoder", "--device", "cpu", "--json"]) == 0
    printed = capsys.readouterr()
    json.loads(printed.out)
    for row, what in ((7, "at least two different choices"), (8, "the answer among the choices, got `neither`")):
        assert len([line for line in printed.err.splitlines() if line.startswith(f"Row {row}:") and what in line]) == 1
