"""Everything to take along: all numbers as CSV and JSON, and the command line that finds them again."""

from __future__ import annotations

import json
import shlex

import pandas as pd
import streamlit as st

from pages.compare.ranking import ranked_methods
from pages.compare.stored_entries import rows_of
from pages.session.scene_parts import budget_text
from pages.work.plain_text import inert
from tensorllm_core.benchmarks.benchmark import Answering
from tensorllm_core.benchmarks.registry import BUNDLED
from tensorllm_core.experiments.evaluate import ORIGINAL
from tensorllm_core.experiments.paired import paired
from tensorllm_core.runs.comparison_run import Comparison, comparison_as_json
from tensorllm_core.runs.plan import DTYPE
from tensorllm_core.runs.questions import OWN_FILE

__all__ = ["command", "csv_of", "download_tab", "json_of"]


def download_tab(comparison: Comparison, ratio: float) -> None:
    """Two downloads, and the command line of the same comparison."""
    first = next(
        (each.point.method for each in ranked_methods(comparison, ratio) if not each.is_control),
        comparison.plan.methods[0],
    )
    st.markdown("All methods at all budgets. The JSON is what the command line below prints.")
    with st.container(horizontal=True):
        st.download_button(
            "All numbers (CSV)", csv_of(comparison), "comparison.csv", "text/csv", icon=":material/download:",
            on_click="ignore", key="csv comparison",
        )  # fmt: skip
        st.download_button(
            "All numbers (JSON)", json_of(comparison, first), "comparison.json", "application/json",
            icon=":material/download:", on_click="ignore", key="json comparison",
        )  # fmt: skip
    st.code(command(comparison, first), language="bash", wrap_lines=True)
    for sentence in _notes(comparison):
        st.caption(inert(sentence))


def command(comparison: Comparison, against: str) -> str:
    """What to type for the same comparison; `against` names the method that the others are tested against."""
    plan, questions = comparison.plan, comparison.plan.questions
    names = ["FILE.jsonl" if name == OWN_FILE else name for name in questions.benchmarks]
    benchmarks = "bundled" if questions.benchmarks == BUNDLED else ",".join(names) or "none"
    written = [own.max_new_tokens for own in questions.own if own.answering is Answering.GENERATION]
    parts = [
        ".venv/bin/python -m tensorllm_core compare",
        f"--model {shlex.quote(plan.model.reference)} --layers {','.join(map(str, plan.layers))}",
        f"--methods {','.join(plan.methods)}",
        f"--against {against}",
        f"--ratios {','.join(map(budget_text, plan.ratios))}",
        f"--benchmarks {benchmarks}",
        f"--split {questions.split}",
        *([f"--limit {questions.sample}"] if questions.sample else []),
        *([f"--template {shlex.quote(questions.template)}"] if questions.template else []),
        *([f"--max-new-tokens {written[0]}"] if written else []),
        *(["--chat-template"] if questions.chat else []),
        f"--device {plan.model.device}",
        *([f"--dtype {plan.model.dtype}"] if plan.model.dtype != DTYPE else []),
        "--json",
    ]
    return " ".join(parts)


def _notes(comparison: Comparison) -> list[str]:
    """What one should know of the command line."""
    notes = []
    if OWN_FILE in comparison.plan.questions.benchmarks:
        notes.append("FILE.jsonl stands for your own file of questions.")
    if not comparison.evaluation.complete:
        notes.append("This run was stopped; the command asks all of its questions.")
    return notes


def json_of(comparison: Comparison, against: str) -> str:
    """As the command line's `--json`; `against` names the method that the others are tested against."""
    return json.dumps(comparison_as_json(comparison, against), indent=1)


def csv_of(comparison: Comparison) -> str:
    """A row for every method at every budget."""
    rows = []
    original = comparison.evaluation.answers[ORIGINAL]
    for point in comparison.points:
        row = {"name": point.method, "budget": point.ratio, "problem": point.problem}
        answers = comparison.evaluation.answers.get(point.name)
        if not point.problem and answers:
            accuracy, loss = (against := paired(original, answers)).accuracy, against.loss
            row |= rows_of(comparison, point)
            row |= {f"error {matrix}": error for matrix, error in point.errors.items()}
            row |= {f"accuracy {name}": each.accuracy for name, each in answers.items()}
            row |= {"accuracy change": accuracy.delta, "low": accuracy.interval.low, "high": accuracy.interval.high}
            row |= {"p": accuracy.p, "fixed": accuracy.fixed, "broken": accuracy.broken, "loss change": loss.delta}
        rows.append(row)
    return pd.DataFrame(rows).to_csv(index=False)
