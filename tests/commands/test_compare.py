"""`compare`: its JSON adds up, its table has every method, and bad input is one line."""

from __future__ import annotations

import json

import pytest

from tensorllm_core.__main__ import main


@pytest.fixture
def call(capsys):
    """Run `compare` on the noisy decoder: what it printed, or the sentence after `error: `."""

    def call(*arguments: object) -> str:
        code = main(["compare", "--model", "demo-decoder-noisy", *map(str, arguments)])
        printed = capsys.readouterr()
        if code == 0:
            return printed.out
        assert (code, printed.out) == (2, "")
        assert printed.err.count("\n") == 1
        return printed.err.removeprefix("error: ").strip()

    return call


SOME = ("--methods", "tensorllm,laser,random-subspace", "--ratios", "16,4", "--limit", 40)


def test_the_json_holds_every_method_at_every_budget_and_adds_up(call):
    as_json = json.loads(call(*SOME, "--benchmarks", "world-bios,world-facts", "--choose", "--json"))
    assert (as_json["layers"], as_json["n"], as_json["benchmarks"]) == ([0, 1, 2, 3], 80, ["world-bios", "world-facts"])
    assert (set(as_json["methods"]), as_json["against"]) == ({"tensorllm", "laser", "random-subspace"}, "tensorllm")
    base = as_json["baseline"]["accuracy"]
    for name, method in as_json["methods"].items():
        assert [point["ratio"] for point in method["points"]] == [4.0, 16.0]
        assert method["ratio_chosen_on_validation"] in {4.0, 16.0}
        for point in method["points"]:
            counts = point["parameters"]
            assert counts["original"] - counts["compressed"] == counts["saved"]
            assert counts["saved"] >= 4 * (65536 - 65536 // point["ratio"])
            assert point["delta"]["accuracy"] == pytest.approx(point["accuracy"] - base)
            assert point["accuracy"] == pytest.approx(sum(point["accuracy_by_benchmark"].values()) / 2)
            assert (point["delta_against"] is None) == (name == "tensorllm")
    assert set(as_json["methods"]["laser"]["points"][0]["relative_error_by_matrix"]) == {"gate", "up", "down"}


def test_without_json_it_is_a_table_to_paste(call):
    lines = call(*SOME, "--benchmarks", "world-facts", "--layers", "1").splitlines()
    assert lines[2] == "| method | 4x | 16x |"
    assert [line.split("|")[1].strip() for line in lines[4:]] == [
        "as it is",
        "TensorLLM (`tensorllm`)",
        "LASER (`laser`)",
        "Random subspace (`random-subspace`)",
    ]


def test_what_is_out_of_reach_is_said_in_its_place(call):
    arguments = ("--methods", "laser-attention,tensorllm", "--ratios", "300", "--limit", 5, "--benchmarks", "world-hop")
    assert "Expected to save at most" in call(*arguments, "--layers", 0, "--json")
    assert "| out of reach |" in call(*arguments, "--layers", 0)


def test_a_budget_may_be_given_as_stored_entries(call):
    as_json = json.loads(
        call("--methods", "tensorllm,laser", "--stored", "4096,30000", "--benchmarks", "none", "--json")
    )
    for method in as_json["methods"].values():
        assert [point["ratio"] for point in method["points"]] == pytest.approx([65536 / 30000, 16.0])
        saved = [point["parameters"]["saved"] for point in method["points"]]
        assert saved[0] >= 4 * (65536 - 30000)
        assert saved[1] >= 4 * (65536 - 4096)
    assert as_json["methods"]["tensorllm"]["points"][0]["parameters"]["compressed"] > 4 * 29000


def test_without_benchmarks_only_the_weights_are_compared(call):
    as_json = json.loads(call("--methods", "tensorllm,separate", "--ratios", 8, "--benchmarks", "none", "--json"))
    assert "baseline" not in as_json
    errors = [method["points"][0]["relative_error"] for method in as_json["methods"].values()]
    assert 0 < errors[0] < errors[1] < 1
    assert "| 8x |" in call("--methods", "tensorllm", "--ratios", 8, "--benchmarks", "none")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--methods", "magic"), "Expected the method to be one of"),
        (("--methods", ","), "Expected names or numbers joined by commas"),
        (("--ratios", "1"), "Expected budgets as finite ratios above 1, got 1"),
        (("--ratios", "x"), "Expected a number for --ratios, got `x`"),
        (("--stored", "65536"), "Expected a budget of 1 to 65,535 stored entries"),
        (("--stored", "0"), "got 0; choose one in this range"),
        (("--layers", "9"), "Expected a layer from 0 to 3, got 9"),
        (("--benchmarks", "zzz"), "zzz"),
        (("--against", "magic"), "Expected `--against` to be one of"),
        (("--choose", "--split", "validation"), "report on test"),
        (("--split", "train"), "Expected the split"),
        (("--limit", "0"), "Expected"),
    ],
)
def test_bad_input_is_one_sentence(call, arguments, sentence):
    assert sentence in call(*arguments)
