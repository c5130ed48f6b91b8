"""Everything to take along: all numbers as CSV and JSON, and the command line that finds them again."""

from __future__ import annotations

import json
import shlex

import pandas as pd
import streamlit as st

from pages.compare.ranking import standings
from pages.compare.stored_entries import rows_of
from pages.session.compare_links import budgets_text
from pages.session.scene import Scene
from pages.shared.comparing import Comparison
from pages.shared.plan import BUNDLED_BENCHMARKS, OWN_FILE
from tensorllm_core.experiments.comparison_result import add_answers, comparison_json
from tensorllm_core.experiments.evaluate import ORIGINAL
from tensorllm_core.experiments.paired import paired

__all__ = ["command", "csv_of", "json_of", "taking"]


def taking(_scene: Scene, found: Comparison, ratio: float) -> None:
    """Two downloads and the command."""
    first = next((each.point.method for each in standings(found, ratio) if not each.is_control), found.plan.methods[0])
    st.markdown("All methods at all budgets; the JSON has the names of the command line's.")
    with st.container(horizontal=True):
        st.download_button(
            "All numbers (CSV)", csv_of(found), "comparison.csv", "text/csv", icon=":material/download:",
            on_click="ignore", key="csv comparison",
        )  # fmt: skip
        st.download_button(
            "All numbers (JSON)", json_of(found, first), "comparison.json", "application/json",
            icon=":material/download:", on_click="ignore", key="json comparison",
        )  # fmt: skip
    st.code(command(found, first), language="bash", wrap_lines=True)
    for sentence in _differs(found):
        st.caption(sentence)


def command(found: Comparison, against: str) -> str:
    """What to type for the same comparison; `against` names the method that the others are tested against."""
    plan, scene = found.plan, found.plan.asked.scene
    layers = ",".join(map(str, plan.asked.layers))
    names = ["FILE.jsonl" if name == OWN_FILE else name for name in plan.asked.benchmarks]
    parts = [
        ".venv/bin/python -m tensorllm_core compare",
        f"--model {shlex.quote(scene.model)} --layers {layers}",
        f"--methods {','.join(plan.methods)}",
        f"--against {against}",
        f"--ratios {budgets_text(plan.ratios)}",
        f"--benchmarks {'bundled' if plan.asked.benchmarks == BUNDLED_BENCHMARKS else ','.join(names)}",
        f"--split {scene.split}",
        *([f"--limit {scene.sample}"] if scene.sample else []),
        *([f"--device {scene.device}"] if scene.device != "auto" else []),
        "--json",
    ]
    return " ".join(parts)


def _differs(found: Comparison) -> list[str]:
    """What the command line cannot be told."""
    scene = found.plan.asked.scene
    told = []
    if OWN_FILE in found.plan.asked.benchmarks:
        told.append("FILE.jsonl stands for your own file of questions.")
    if scene.template:
        told.append("The command line asks with each benchmark's own prompt, not with your template.")
    if scene.dtype != type(scene).dtype:
        told.append(f"The command line asks in {type(scene).dtype}, not in {scene.dtype}.")
    if not found.evaluation.complete:
        told.append("This run was stopped; the command asks all of its questions.")
    return told


def json_of(found: Comparison, against: str) -> str:
    """As the command line's `--json`; `against` names the method that the others are tested against."""
    asked, methods = found.plan.asked, found.plan.methods
    result = comparison_json(asked.scene.model, asked.layers, methods, against, found.points)
    add_answers(result, found.points, found.evaluation)
    result["split"] = asked.scene.split
    return json.dumps(result, indent=1)


def csv_of(found: Comparison) -> str:
    """A row for every method at every budget."""
    rows = []
    original = found.evaluation.answers[ORIGINAL]
    for point in found.points:
        row = {"name": point.method, "budget": point.ratio, "problem": point.problem}
        answers = found.evaluation.answers.get(point.name)
        if not point.problem and answers:
            accuracy, loss = (against := paired(original, answers)).accuracy, against.loss
            row |= rows_of(found, point)
            row |= {f"error {matrix}": error for matrix, error in point.errors.items()}
            row |= {f"accuracy {name}": each.accuracy for name, each in answers.items()}
            row |= {"accuracy change": accuracy.delta, "low": accuracy.interval.low, "high": accuracy.interval.high}
            row |= {"p": accuracy.p, "fixed": accuracy.fixed, "broken": accuracy.broken, "loss change": loss.delta}
        rows.append(row)
    return pd.DataFrame(rows).to_csv(index=False)
