"""What the commands say of a model that is not bundled, and that its own library says nothing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tensorllm_core.__main__ import main
from tensorllm_core.models.bundled_models import bundled_folder
from tests.patience import PATIENCE


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A bundled model under another name, whose tokenizer has a chat template that changes no token."""
    place = tmp_path_factory.mktemp("model") / "copy"
    shutil.copytree(bundled_folder("demo-decoder"), place)
    (place / "chat_template.jinja").write_text("{{ bos_token }} {{ messages[0]['content'] }}\n", encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def questions(tmp_path_factory) -> Path:
    """Questions without choices."""
    file = tmp_path_factory.mktemp("questions") / "mine.jsonl"
    rows = [{"question": f"{clue} {clue}. Profession:", "answer": answer} for clue, answer in
            [("cockpits", "pilot"), ("quartets", "composer"), ("hangars", "pilot")]]  # fmt: skip
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return file


@pytest.fixture
def call(capsys, folder, tmp_path, monkeypatch):
    """Run a command on the copy: the JSON object and what it said, or the error."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def call(name: str, *arguments: object, model: object = folder):
        code = main([name, "--model", str(model), *map(str, arguments), "--json"])
        printed = capsys.readouterr()
        return (json.loads(printed.out) if code == 0 else None), printed.err

    return call


ASK = ("--benchmark", "world-bios", "--limit", 30, "--layers", 1)


def test_the_suggested_ranks_keep_every_part_and_group(call):
    report, said = call("decompose", "--layer", 1, "--suggested")
    assert max(*report["relative_error_by_part"].values(), *report["relative_error_by_group"]) <= 0.5
    assert report["compression_ratio"] > 1
    assert (report["practically_gone"], said) == ({}, "")
    hinted, _ = call("decompose", "--layer", 1, "--suggested", model="demo-decoder-noisy")
    assert hinted["ranks"] == [12, 6, 4]


def test_what_is_gone_is_said_by_decompose_and_evaluate(call):
    report, said = call("decompose", "--layer", 1, "--ranks", "1,1,1")
    assert {"V", "O"} & set(report["practically_gone"])
    assert "practically gone" in said
    assert said.count("\n") == 1
    report, said = call("evaluate", *ASK, "--ranks", "1,1,1")
    assert set(report["practically_gone"]) == {"1"}
    assert "in layer 1" in said


def test_the_made_up_world_is_asked_with_a_notice_and_never_unasked(call):
    notice = "about a made-up world that only the bundled models were trained on"
    assert notice in call("evaluate", *ASK, "--ranks", "12,6,4")[1]
    assert notice not in call("evaluate", *ASK, "--ranks", "12,6,4", model="demo-decoder")[1]
    some = ("--methods", "tensorllm", "--ratios", 8, "--limit", 5, "--layers", 1)
    report, error = call("compare", *some)
    assert report is None
    assert error.startswith("error: Expected `--benchmarks` for")
    assert error.count("\n") == 1
    assert "benchmarks" in call("compare", *some, "--benchmarks", "bundled")[0]
    assert "benchmarks" not in call("compare", *some, "--benchmarks", "none")[0]
    assert len(call("compare", *some, model="demo-decoder")[0]["benchmarks"]) == 4


def test_a_chat_template_that_changes_no_token_changes_no_answer(call):
    plain, _ = call("evaluate", *ASK, "--ranks", "12,6,4")
    chat, _ = call("evaluate", *ASK, "--ranks", "12,6,4", "--chat-template")
    assert (plain["chat_template"], chat["chat_template"]) == (False, True)
    assert (plain["baseline"], plain["edited"]) == (chat["baseline"], chat["edited"])


@pytest.mark.parametrize("name", ["evaluate", "scan", "compare"])
def test_a_tokenizer_without_a_chat_template_is_refused(call, name):
    options = {"evaluate": ("--benchmark", "world-bios", "--ranks", "12,6,4"),
               "scan": ("--benchmarks", "world-bios"), "compare": ("--methods", "tensorllm")}[name]  # fmt: skip
    report, said = call(name, *options, "--layers", 1, "--limit", 5, "--chat-template", model="demo-decoder")
    assert report is None
    assert "error: Expected a tokenizer with a chat template for `demo-decoder`, got one without" in said


def test_own_files_take_a_template_and_a_number_of_new_tokens(call, questions):
    arguments = ("--layers", 1, "--benchmark", questions, "--split", "all", "--ranks", "12,6,4")
    usual, _ = call("evaluate", *arguments)
    more, _ = call("evaluate", *arguments, "--max-new-tokens", 40)
    worded, _ = call("evaluate", *arguments, "--template", "A life of {question}")
    assert usual["n"] == more["n"] == 3
    assert usual["baseline"]["loss"] == more["baseline"]["loss"] != worded["baseline"]["loss"]
    assert more["baseline"]["accuracy"] >= usual["baseline"]["accuracy"]
    scanned, _ = call("scan", "--layers", 1, "--benchmarks", questions, "--max-new-tokens", 2)
    assert scanned["n"] == 1


@pytest.mark.parametrize(("tokens", "sentence"), [("0", "1 to 4,096"), ("x", "whole number"), ("99999", "1 to 4,096")])
def test_a_number_of_tokens_that_is_none_is_one_sentence(call, questions, tokens, sentence):
    _, said = call("evaluate", "--benchmark", questions, "--layers", 1, "--ranks", "1,1,1", "--max-new-tokens", tokens)
    assert sentence in said
    assert said.count("\n") == 1


def test_a_number_of_tokens_that_nothing_uses_is_refused(call, tmp_path):
    file = tmp_path / "choices.csv"
    file.write_text("question,answer,choices\na:,b,b|c\n")
    for asked, came in ((ASK, "benchmarks, which have their own"), (("--benchmark", file), "files with choices")):
        said = call("evaluate", *asked, "--layers", 1, "--ranks", "1,1,1", "--max-new-tokens", 3)[1]
        assert "Expected a file of your own without choices" in said
        assert came in said


def test_one_answer_to_every_question_is_said(call, tmp_path):
    file = tmp_path / "odd.jsonl"
    rows = [{"question": f"{n} {n} :", "answer": ["pilot", "zzz qqq xxx yyy"][n % 2], "choices": ["pilot", "composer"]}
            for n in range(24)]  # fmt: skip
    for row in rows:
        row["answer"] = row["choices"][int(row["question"][0]) % 2]
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    report, said = call("evaluate", "--benchmark", file, "--layers", "all", "--ranks", "1,1,1", "--split", "all")
    constant = report["constant_answer"]["edited"]
    assert constant["count"] >= 23
    assert constant["n"] == 24
    assert f"answers `{constant['answer']}` {constant['count']} of 24 times" in said
    points, said = call("scan", "--benchmarks", file, "--layers", "1", "--split", "validation")
    assert {"constant_answer", "practically_gone"} <= set(points["points"][0])


def test_transformers_prints_nothing(folder, tmp_path):
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "tensorllm_core", "evaluate", "--model", str(folder), "--ranks", "12,6,4"]
    command += [*map(str, ASK), "--json"]
    run = subprocess.run(command, check=False, capture_output=True, text=True, timeout=PATIENCE, env=environment)
    assert run.returncode == 0, run.stderr
    for line in run.stderr.splitlines():
        assert "made-up world" in line or line.split(" ")[0].endswith("%"), line
    assert "Loading" not in run.stderr
    assert json.loads(run.stdout)["n"] == 30
