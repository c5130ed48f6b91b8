"""What each method stores at the budget in focus: ranks, entries, ratio, error and loss, as a table."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
import streamlit as st

from pages.compare.ranking import title
from pages.controls.widgets import csv_button
from tensorllm_core.experiments.comparison_result import BudgetResult
from tensorllm_core.runs.comparison_run import Comparison

__all__ = ["rows_of", "stored_entries_tab"]


def stored_entries_tab(comparison: Comparison, ratio: float) -> None:
    """The table and its download."""
    points = comparison.at(ratio)
    if not points:
        st.info("No method can save as much as this budget asks for.", icon=":material/block:")
        return
    table = pd.DataFrame([rows_of(comparison, point) for point in points])
    columns = st.column_config
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        column_config={
            "ranks": columns.TextColumn(width="large"),
            **dict.fromkeys(("stored", "original", "saved"), columns.NumberColumn(format="localized")),
            **dict.fromkeys(("ratio", "error", "loss, nats"), columns.NumberColumn(format="%.3f")),
            "accuracy": columns.NumberColumn(format="percent"),
        },
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        csv_button(table, "what each stores")
        st.caption(
            "*Stored*, *original* and *saved* count entries of the matrices that a method replaces. *Ratio* is "
            "original over stored. Every method saves at least what the budget asks for. A tensor is kept as it is "
            "where its decomposition, at the ranks worth having, would store more entries than the tensor itself has."
        )


def rows_of(comparison: Comparison, point: BudgetResult) -> dict[str, object]:
    """One row: a method at a budget."""
    answers = comparison.evaluation.answers.get(point.name) or {}
    losses = [each.mean_loss for each in answers.values()]
    accuracies = [each.accuracy for each in answers.values()]
    return {
        "method": title(point.method),
        "stored": point.stored_entries,
        "original": point.original_entries,
        "saved": point.saved_entries,
        "ratio": point.original_entries / point.stored_entries,
        "error": point.error,
        "accuracy": sum(accuracies) / len(accuracies) if accuracies else None,
        "loss, nats": sum(losses) / len(losses) if losses else None,
        "kept as it is": _named(name for name, ranks in point.ranks.items() if not ranks) or "–",
        "ranks": _ranks(point),
    }


def _ranks(point: BudgetResult) -> str:
    """Ranks of each tensor, those that agree named once."""
    by_ranks: dict[tuple[int, ...], list[str]] = {}
    for name, ranks in point.ranks.items():
        if not ranks:
            continue
        by_ranks.setdefault(tuple(ranks), []).append(name)
    if len(by_ranks) == 1:
        return _triple(next(iter(by_ranks)))
    return "; ".join(f"{_named(names)}: {_triple(ranks)}" for ranks, names in by_ranks.items())


def _named(tensors: Iterable[str]) -> str:
    return ", ".join(name.removeprefix("layer ") for name in tensors)


def _triple(ranks: tuple[int, ...]) -> str:
    return str(ranks[0]) if len(ranks) == 1 else f"({', '.join(map(str, ranks))})"
