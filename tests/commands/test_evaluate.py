"""`evaluate`: its JSON contract, layers and ranks in every form, and one line for bad input."""

from __future__ import annotations

import json

import pytest

from tensorllm_core.__main__ import main
from tensorllm_core.experiments.measurement_store import MeasurementStore, measurements_folder


@pytest.fixture
def call(capsys):
    """Run `evaluate` on the noisy decoder; its JSON object, or the sentence after `error: `."""

    def call(*arguments: object):
        code = main(["evaluate", "--model", "demo-decoder-noisy", *map(str, arguments)])
        printed = capsys.readouterr()
        if code == 0:
            assert printed.out.count("\n") == 1
            return json.loads(printed.out)
        assert (code, printed.out) == (2, "")
        assert printed.err.count("\n") == 1
        return printed.err.removeprefix("error: ").strip()

    return call


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    """A cache folder of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


FEW = ("--limit", 60, "--json")


def test_the_json_is_the_contract_and_adds_up(call):
    report = call("--benchmark", "world-bios", "--layers", "all", "--ranks", "12,6,4", "--controls", *FEW)
    assert set(report) >= {"n", "baseline", "edited", "delta", "compression_ratio", "seconds"}
    assert (report["n"], report["split"], report["layers"]) == (60, "test", [0, 1, 2, 3])
    delta = report["delta"]
    assert set(delta) == {"accuracy", "ci95", "loss", "mcnemar_p", "fixed", "broken"}
    assert delta["accuracy"] == pytest.approx(report["edited"]["accuracy"] - report["baseline"]["accuracy"])
    assert delta["accuracy"] == pytest.approx((delta["fixed"] - delta["broken"]) / 60)
    assert delta["loss"] == pytest.approx(report["edited"]["loss"] - report["baseline"]["loss"])
    assert delta["ci95"][0] < delta["accuracy"] < delta["ci95"][1]
    assert report["compression_ratio"] == pytest.approx(65536 / 3952, rel=1e-3)
    assert set(report["seconds"]) == {"baseline", "edited"}
    assert set(report["controls"]) == {"removed", "random_subspace", "clean_model"}
    assert report["controls"]["removed"]["edited_against_it"]["accuracy"] > 0.2


def test_a_ratio_gives_each_layer_its_own_ranks(call):
    report = call("--benchmark", "world-hop", "--layers", "0-1", "--compression", 20, *FEW)
    assert report["layers"] == [0, 1]
    assert set(report["ranks"]) == {"0", "1"}
    assert report["compression_ratio"] >= 20


def test_full_ranks_change_nothing(call):
    report = call("--benchmark", "world-facts", "--layers", 3, "--ranks", "128,16,4", "--split", "validation", *FEW)
    assert (report["delta"]["fixed"], report["delta"]["broken"], report["delta"]["mcnemar_p"]) == (0, 0, 1.0)
    assert report["delta"]["loss"] == pytest.approx(0, abs=1e-5)


def test_a_file_of_ones_own_is_a_benchmark(call, tmp_path):
    file = tmp_path / "mine.jsonl"
    rows = [{"question": "A life of exams quartets symphonies choirs. Profession:", "answer": "composer",
             "choices": ["composer", "pilot"]} | {"id": str(n)} for n in range(1)]  # fmt: skip
    rows.append({"question": "Biography: hangars cockpits rudders. The person works as a", "answer": "pilot",
                 "choices": ["composer", "pilot"], "id": "x"})  # fmt: skip
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    report = call("--benchmark", file, "--layers", 1, "--ranks", "12,6,4", "--split", "all", "--json")
    assert report["n"] == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--benchmark", "world-hop", "--layers", "9", "--ranks", "1,1,1"), "Expected a layer from 0 to 3, got 9"),
        (("--benchmark", "world-hop", "--layers", "2-1", "--ranks", "1,1,1"), "Expected layers as L"),
        (("--benchmark", "world-hop", "--layers", "one", "--ranks", "1,1,1"), "Expected layers as L"),
        (("--benchmark", "world-hop", "--layers", "0", "--ranks", "999,1,1"), "Expected ranks"),
        (("--benchmark", "world-hop", "--layers", "0", "--ranks", "0,1,1"), "Expected positive whole ranks"),
        (("--benchmark", "zzz", "--layers", "0", "--ranks", "1,1,1"), "zzz"),
        (("--benchmark", "none.jsonl", "--layers", "0", "--ranks", "1,1,1"), "none.jsonl"),
        (("--benchmark", "world-hop", "--layers", "0", "--ranks", "1,1,1", "--split", "train"), "Expected"),
        (("--benchmark", "world-hop", "--layers", "0", "--ranks", "1,1,1", "--limit", "0"), "Expected"),
        (("--benchmark", "world-hop", "--layers", "0", "--ranks", "1,1,1", "--method", "magic"), "Expected the method"),
    ],
)
def test_bad_input_is_one_sentence(call, arguments, sentence):
    assert sentence in call(*arguments)


@pytest.mark.parametrize(
    ("arguments", "ranks"),
    [
        (("--method", "laser", "--matrices", "up", "--ranks", "0.5"), {"1 up": [64]}),
        (("--method", "separate", "--matrices", "Q", "--ranks", "16,8"), {"1 Q": [16, 8]}),
        (("--method", "trawl", "--ranks", "40"), {"1 gate+up+down": [40]}),
        (
            ("--method", "hybrid", "--matrices", "down", "--feed-forward-layer", 2, "--ranks", "12,6,4;30"),
            {"1": [12, 6, 4], "2 down": [30]},
        ),
    ],
    ids=["laser", "separate", "trawl", "hybrid"],
)
def test_every_kind_of_method_takes_its_ranks(call, arguments, ranks):
    report = call("--benchmark", "world-facts", "--layers", 1, *arguments, *FEW)
    assert report["ranks"] == ranks
    counts = report["parameters"]
    assert report["compression_ratio"] == pytest.approx(counts["original"] / counts["compressed"])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--method", "laser", "--ranks", "1,2,3"), "Expected 1 rank for layer 1 gate, got `1,2,3`; give R."),
        (("--method", "laser", "--ranks", "9999"), "Expected a rank from 1 to 128, got 9999"),
        (("--method", "laser", "--matrices", "U_in", "--ranks", "3"), "Expected matrices of this model"),
        (("--method", "tensorllm", "--matrices", "Q", "--ranks", "1,1,1"), "Expected no matrices for the method"),
        (("--method", "tensorllm", "--compression", "100000"), "Expected a compression ratio above 0 and of at most"),
        (("--method", "hybrid", "--feed-forward-layer", "9", "--ranks", "1,1,1;1"), "Expected a layer from 0 to 3"),
        (("--method", "trawl", "--matrices", "up", "--ranks", "3"), "two or more matrices to stack"),
    ],
    ids=["count", "rank", "matrix", "option", "ratio", "layer", "alone"],
)
def test_what_a_method_cannot_do_is_one_sentence(call, arguments, sentence):
    assert sentence in call("--benchmark", "world-facts", "--layers", 1, *arguments, *FEW)


def test_every_complete_run_of_a_registered_benchmark_is_kept_with_its_number_of_questions(call):
    arguments = ("--benchmark", "world-hop", "--layers", 1, "--split", "validation", "--method", "separate")
    arguments += ("--matrices", "Q", "--ranks", "16,8", "--json")

    def kept():
        return MeasurementStore(measurements_folder()).latest(
            "demo-decoder-noisy", "world-hop", "separate Q", "validation"
        )

    call(*arguments, "--template", "{question}?")
    assert kept() is None, "another wording is another benchmark"
    call(*arguments, "--limit", 60)
    assert kept().n == 60
    report = call(*arguments)
    assert (kept().n, kept().ranks, kept().layers) == (report["n"], (16, 8), (1,))
    assert kept().accuracy_after == pytest.approx(report["edited"]["accuracy"])
