"""What a command says while it works, and what it leaves when it is stopped from the keyboard."""

from __future__ import annotations

import json
import time

import pytest

from tensorllm_core.__main__ import main
from tensorllm_core.commands import compare, evaluate, options, progress
from tensorllm_core.commands.progress import ProgressLines
from tests.patience import PATIENCE

COMPARE = ["compare", "--model", "demo-decoder", "--layers", "1", "--methods", "tensorllm,separate", "--ratios", "4,8"]
EVALUATE = ["evaluate", "--model", "demo-decoder", "--layers", "1", "--compression", "8", "--benchmark", "world-hop"]


def interrupt_after(monkeypatch, module, name, results):
    """Let the run of a command publish so many results, and then be stopped from the keyboard."""
    real = getattr(module, name)

    def run(plan, checkpoint, resources, progress, publish):
        seen = []

        def publish_some(result):
            publish(result)
            seen.append(result)
            if len(seen) == results:
                raise KeyboardInterrupt

        return real(plan, checkpoint, resources, progress, publish_some)

    monkeypatch.setattr(module, name, run)


def test_compare_prints_each_method_as_it_is_done_and_says_that_it_is_complete(capsys):
    assert main([*COMPARE, "--benchmarks", "world-hop", "--limit", "40", "--json"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["complete"] is True
    for start in ("tensorllm at 4x: relative error 0.", "separate at 8x: relative error 0."):
        assert sum(line.startswith(start) for line in printed.err.splitlines()) == 1
    assert "accuracy on 100% of the questions: original " in printed.err


@pytest.mark.parametrize("results", [1, 3, 5])
def test_a_stopped_comparison_prints_what_it_has(results, monkeypatch, capsys):
    interrupt_after(monkeypatch, compare, "run_comparison", results)
    questions = ["--benchmarks", "world-hop", "--limit", "100"]
    assert main([*COMPARE, *questions, "--json"]) == 130
    printed = capsys.readouterr()
    stopped = json.loads(printed.out)
    assert stopped["complete"] is False
    assert sum(len(method["points"]) for method in stopped["methods"].values()) == min(results, 4)
    assert ("baseline" in stopped) is (results == 5)
    assert main([*COMPARE, *questions]) == 130
    table = capsys.readouterr().out
    assert table.startswith("Incomplete: the comparison was stopped.")
    assert table.count("| – |") == (1 if results in {1, 3} else 0)


def test_a_stopped_evaluation_prints_the_answers_so_far(monkeypatch, capsys):
    interrupt_after(monkeypatch, evaluate, "run_edit", 2)
    assert main([*EVALUATE, "--json"]) == 130
    printed = capsys.readouterr()
    stopped = json.loads(printed.out)
    assert (stopped["complete"], stopped["n"] > 0) == (False, True)
    assert "stopped: " in printed.err
    assert "a random sample of" in printed.err


def test_an_evaluation_without_an_answer_is_only_stopped(monkeypatch, capsys):
    def run(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(evaluate, "run_edit", run)
    assert main(EVALUATE) == 130
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "stopped\n")


def test_a_step_that_lasts_is_printed_and_one_that_ends_at_once_is_not(monkeypatch, capsys):
    with ProgressLines() as lines:
        assert lines(0.0, "reading")
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(progress, "_BETWEEN_LINES", 0.05)
    printed = ""
    with ProgressLines() as lines:
        lines(0.0, "loading")
        end = time.monotonic() + PATIENCE
        while not printed and time.monotonic() < end:
            time.sleep(0.01)
            printed = capsys.readouterr().err
    assert printed == "0% loading\n"


def test_lines_are_about_a_second_apart_and_have_the_time_left(monkeypatch, capsys):
    now = 100.0
    monkeypatch.setattr(progress.time, "monotonic", lambda: now)
    with ProgressLines() as lines:
        lines(0.0, "asking")
        for step in range(1, 101):
            now += 0.1
            lines(step / 200, "asking")
    printed = capsys.readouterr().err.splitlines()
    assert 9 <= len(printed) <= 11
    assert printed[0].startswith("0% asking")
    assert printed[-1] in {f"{share}% asking, about {left} s left" for share, left in ((50, 10), (46, 11), (48, 10))}


def test_a_stop_is_heard_while_the_libraries_load(monkeypatch, capsys):
    def interrupt(**_options):
        raise KeyboardInterrupt

    monkeypatch.setattr(options, "Parser", interrupt)
    code = main(["inspect", "--model", "demo-decoder"])
    assert (code, capsys.readouterr().err) == (130, "stopped\n")
