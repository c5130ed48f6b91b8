"""A screen and a command that are asked the same thing give the same figures: ten requests through both."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st

from tensorllm_core.__main__ import main
from tensorllm_core.experiments.measurement_store import MeasurementStore
from tests.pages.visits import drawn, value, visit

MODEL, FEW = "demo-decoder-noisy", "40"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A home for the screen; the command gets one of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "screen"))
    st.cache_resource.clear()
    yield tmp_path
    st.cache_resource.clear()


@pytest.fixture
def command(capsys, monkeypatch, tmp_path) -> Callable[..., dict[str, Any]]:
    """Run a command line on the noisy decoder; its JSON object."""

    def run(name: str, *arguments: str) -> dict[str, Any]:
        with monkeypatch.context() as patch:
            patch.setenv("XDG_CACHE_HOME", str(tmp_path / "command"))
            capsys.readouterr()
            assert main([name, "--model", MODEL, *arguments, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return run


DECOMPOSITIONS = {
    "ranks": (["--ranks", "12,6,4"], {"r1": "12", "r2": "6", "r3": "4"}),
    "layout": (["--ranks", "9,5,3", "--layout", "released-code"],
               {"r1": "9", "r2": "5", "r3": "3", "layout": "released-code"}),
    "refined": (["--ranks", "14,10,4", "--refine"], {"r1": "14", "r2": "10", "r3": "4", "refine": "1"}),
    "by error": (["--max-error", "0.7"], {"by": "error", "error": "0.7"}),
    "by ratio, refined": (["--compression", "23.5", "--refine"], {"by": "compression", "ratio": "23.5", "refine": "1"}),
}  # fmt: skip


@pytest.mark.parametrize("request_name", DECOMPOSITIONS)
def test_decompose(request_name, command):
    options, link = DECOMPOSITIONS[request_name]
    printed = command("decompose", "--layer", "1", *options)
    app = visit("decompose", model=MODEL, layer="1", tab="Heads and parts", **link)
    lower, shown = printed["error_bounds"]["lower"], printed["relative_error"]
    assert value(app, "Relative error") == f"{shown:.4f}"
    assert any(re.search(rf"the least possible: (between )?{lower:.3f}", metric.label) for metric in app.metric)
    assert value(app, "Smaller by") == f"{printed['compression_ratio']:.1f}x"
    stored = printed["parameters"]
    assert value(app, "Numbers stored") == f"{stored['compressed']:,} of {stored['original']:,}"
    r1, r2, r3 = printed["ranks"]
    assert any(f"Ranks **({r1}, {r2}, {r3})**" in text.value for text in app.markdown)
    heads = visit("heads", model=MODEL, layer="1", **link)
    worst = max(range(len(printed["relative_error_by_group"])), key=printed["relative_error_by_group"].__getitem__)
    error = printed["relative_error_by_group"][worst]
    assert any(f"largest in head {worst}, **{error:.2f}**" in text.value for text in heads.markdown)


EVALUATIONS = {
    "ranks, with controls": (["--layers", "1", "--ranks", "12,6,4", "--controls"],
                             {"r1": "12", "r2": "6", "r3": "4"}),
    "each layer at a ratio, refined": (
        ["--layers", "all", "--compression", "20", "--method", "tensorllm-refined", "--template", "{question} So:"],
        {"layers": "all", "by": "compression", "ratio": "20", "refine": "1", "controls": "0",
         "template": "{question} So:"}),
}  # fmt: skip
CONTROLS = {"attention removed": "removed", "random subspace": "random_subspace", "clean model": "clean_model"}


@pytest.mark.parametrize("request_name", EVALUATIONS)
def test_evaluate(request_name, command):
    options, link = EVALUATIONS[request_name]
    printed = command("evaluate", "--benchmark", "world-bios", "--limit", FEW, *options)
    app = visit("reasoning", model=MODEL, layer="1", benchmark="world-bios", sample=FEW, tab="By benchmark", **link)
    rows = app.dataframe[0].value.set_index("subject")
    edited = rows.loc["compressed"]
    assert edited["questions"] == printed["n"]
    assert (edited["accuracy before"], edited["loss before"]) == tuple(printed["baseline"].values())
    assert (edited["accuracy after"], edited["loss after"]) == tuple(printed["edited"].values())
    delta = printed["delta"]
    assert (edited["change"], edited["loss change"]) == (delta["accuracy"], delta["loss"])
    assert [edited["95% from"], edited["to"]] == delta["ci95"]
    assert (edited["fixed"], edited["broken"]) == (delta["fixed"], delta["broken"])
    assert edited["McNemar p"] == delta["mcnemar_p"]
    assert value(app, "Smaller by") == f"{printed['compression_ratio']:.1f}x"
    controls = {CONTROLS[name]: row for name, row in rows.iterrows() if name != "compressed"}
    assert set(controls) == set(printed.get("controls", {}))
    for name, row in controls.items():
        control = printed["controls"][name]
        assert (row["accuracy after"], row["loss after"]) == (control["accuracy"], control["loss"])


def test_scan(command):
    printed = command("scan", "--benchmarks", "world-facts", "--layers", "1", "--limit", FEW)
    app = visit("reasoning", model=MODEL, layer="1", benchmark="world-facts", sample=FEW, tab="Rank scan")
    next(button for button in app.button if button.label == "Scan ratios").click()
    drawn(app)
    figure = json.loads(app.get("plotly_chart")[-1].proto.spec)
    (accuracies,) = (_numbers(trace["y"]) for trace in figure["data"] if "hovertext" in trace and "yaxis" not in trace)
    (losses,) = (
        _numbers(trace["y"]) for trace in figure["data"] if trace.get("yaxis") == "y2" and "hovertext" in trace
    )
    points = sorted(printed["points"], key=lambda point: point["compression_ratio"])
    assert accuracies == pytest.approx([point["accuracy"] for point in points], rel=1e-6)
    assert losses == pytest.approx([point["loss"] for point in points], rel=1e-6)
    best = max(printed["points"], key=lambda point: (point["accuracy"], point["compression_ratio"]))
    words = next(caption.value for caption in app.caption if caption.value.startswith("Best of these"))
    assert f"on {printed['n']} validation questions: {best['compression_ratio']:.3g} times smaller" in words
    assert f"{best['accuracy']:.1%} (original {printed['baseline']['accuracy']:.1%})" in words


def test_compare(command):
    methods = ("tensorllm-refined", "laser", "random-subspace")
    options = ("--benchmarks", "world-bios,world-facts", "--limit", FEW, "--methods", ",".join(methods))
    printed = command("compare", "--layers", "0-1", "--ratios", "5,16", *options)
    link = {"model": MODEL, "layers": "0-1", "methods": ",".join(methods), "budget": "16", "budgets": "5",
            "benchmark": "world-bios,world-facts", "sample": FEW}  # fmt: skip
    stored = visit("compare", tab="What each stores", **link).dataframe[0].value.set_index("method")
    titles = {name: printed["methods"][name]["title"] for name in methods}
    for name in methods:
        row = stored.loc[titles[name]]
        (point,) = (each for each in printed["methods"][name]["points"] if each["ratio"] == 16)
        counts = point["parameters"]
        assert (row["stored"], row["original"], row["saved"]) == (
            counts["compressed"],
            counts["original"],
            counts["saved"],
        )
        assert row["error"] == point["relative_error"]
        assert (row["accuracy"], row["loss, nats"]) == pytest.approx((point["accuracy"], point["loss"]), rel=1e-12)
    two = visit("compare", tab="Any two methods", first="laser", second="tensorllm-refined", **link).dataframe[0].value
    whole = two.set_index("benchmark").loc["all, in the mean"]
    (against,) = (each for each in printed["methods"]["laser"]["points"] if each["ratio"] == 16)
    assert (whole["change"], whole["p"]) == pytest.approx(
        (against["delta_against"]["accuracy"], against["delta_against"]["mcnemar_p"]), rel=1e-12
    )


def test_record(command, home):
    command("evaluate", "--benchmark", "world-hop", "--limit", FEW, "--layers", "2-3", "--ranks", "10,5,3")
    visit("reasoning", model=MODEL, layers="2-3", benchmark="world-hop", sample=FEW, r1="10", r2="5", r3="3")
    screen, printed = (_records(home / place) for place in ("screen", "command"))
    assert len(screen) == 1
    assert screen == printed


def _records(folder: Path) -> list[dict[str, Any]]:
    (kept,) = folder.rglob("measured")
    measurement = MeasurementStore(kept).latest(MODEL, "world-hop", "tensorllm")
    assert measurement is not None
    return [{name: value for name, value in asdict(measurement).items() if name != "date"}]


def _numbers(values: Any) -> list[float]:
    """The values of a trace in plotly's JSON, packed or plain."""
    if isinstance(values, dict):
        values = np.frombuffer(base64.b64decode(values["bdata"]), dtype=values["dtype"]).tolist()
    return values
