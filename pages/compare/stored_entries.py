"""What each method stores at the budget in focus: ranks, entries, ratio, error and loss, as a table."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
import streamlit as st

from pages.compare.ranking import title
from pages.session.scene import Scene
from tensorllm_core.experiments.comparison_result import BudgetResult
from tensorllm_core.runs.comparison_run import Comparison

__all__ = ["rows_of", "storing"]


def storing(_scene: Scene, found: Comparison, ratio: float) -> None:
    """The table and its download."""
    points = found.at(ratio)
    if not points:
        st.info("No method reaches this budget.", icon=":material/block:")
        return
    table = pd.DataFrame([rows_of(found, point) for point in points])
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
        st.download_button(
            "CSV", table.to_csv(index=False), "what-each-stores.csv", "text/csv", icon=":material/download:",
            on_click="ignore", key="csv stores",
        )  # fmt: skip
        st.caption(
            "Stored, original and saved count the matrices that a method replaces; saved is at least the budget's for "
            "all. The ratio is of these matrices alone. Where a tensor at the ranks worth having would take more "
            "entries than it has, it is past break-even and kept as it is, which costs nothing but its own entries."
        )


def rows_of(found: Comparison, point: BudgetResult) -> dict[str, object]:
    """One row: a method at a budget."""
    answers = found.evaluation.answers.get(point.name) or {}
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
        "past break-even, so kept": _named(name for name, ranks in point.ranks.items() if not ranks) or "–",
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
