"""The papers' tables, a row for each benchmark: published figures, next to what was measured here."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from pages.frame.frame import appearance
from pages.papers.cell_choice import Choice, measured_of, score_of
from pages.session import state
from pages.session.scene import Scene
from tensorllm_core.experiments.measurement import Measurement
from tensorllm_core.experiments.published import PublishedCell
from tensorllm_core.experiments.published_tables import (
    ABLATED_MODEL,
    CELLS,
    PUBLISHED_BENCHMARKS,
    PUBLISHED_MODELS,
    VARIANTS,
)
from tensorllm_core.figures.series import faint
from tensorllm_core.figures.theme import look

__all__ = ["measured_text", "papers_table"]

_WORDS = {
    "II": "arXiv 2501.15674, Table II: test accuracy in %, original → TensorLLM, compression ratio",
    "III": (
        "arXiv 2501.15674, Table III: test accuracy in %, "
        "**1** LASER on FFN, **2** LASER on FFN and attention, **3** TensorLLM + LASER"
    ),
    "IV": "arXiv 2501.15674, Table IV: test accuracy of GPT-J in %, one projection compressed alone, or all four",
    "LASER": "arXiv 2312.13558: the matrix that LASER reduces to a share ρ of its rank, its layer, test accuracy in %",
    "ranks": "compression ratios; :orange-badge[derived] tied ranks that give them to two decimals; layers are unknown",
}
_MEASURED = ":green-badge[measured here] by *Reasoning* or `evaluate`, on test questions"
_NONE = "–"


def papers_table(scene: Scene, choice: Choice) -> None:
    """The chosen table, under one line that says what it holds. A click on a cell chooses it."""
    measured = "" if choice.table == "ranks" else f" · {_MEASURED}"
    st.markdown(f":small[:blue-badge[published] {_WORDS[choice.table]}{measured}]")
    columns = _columns(choice.table)
    rows = [
        {title: text(CELLS[model, benchmark.name]) for title, (model, _, text) in columns.items()}
        for benchmark in PUBLISHED_BENCHMARKS.values()
    ]
    table = pd.DataFrame(rows, index=[benchmark.title for benchmark in PUBLISHED_BENCHMARKS.values()])
    table.index.name = "benchmark"
    key = f"papers {choice.table}"
    event: Any = st.dataframe(
        table.style.apply(lambda _: _colours_of_cells(table, columns, choice), axis=None),
        key=key,
        on_select="rerun",
        selection_mode="single-cell",
        height="content",
        alt=f"Published figures of the papers, table {choice.table}, beside measured ones",
    )
    _take_cell(key, event.selection.cells, columns, scene)


def measured_text(result: Measurement | None) -> str:
    """A measured result, short enough for a cell.

    >>> measured_text(None)
    '–'
    """
    if result is None:
        return _NONE
    before, after = 100 * result.accuracy_before, 100 * result.accuracy_after
    return f"{before:.1f} → {after:.1f} [{100 * result.low:+.1f}, {100 * result.high:+.1f}]"


def _columns(table: str) -> dict[str, tuple[str, str, Any]]:
    """The columns by their titles: model, variant, and a function that makes the text of a cell."""
    if table == "IV":
        columns: dict[str, tuple[str, str, Any]] = {
            "original, published": (ABLATED_MODEL, "", lambda cell: cell.original.text)
        }
        for variant in VARIANTS["IV"]:
            columns[f"{variant}, published"] = (ABLATED_MODEL, variant, _published_score(variant))
        return columns | {"all, measured here": (ABLATED_MODEL, "all", _measured(table, "all"))}
    columns = {}
    last = VARIANTS.get(table, ("",))[-1]
    for model in PUBLISHED_MODELS.values():
        if table == "ranks":
            columns[f"{model.title}, derived"] = (model.name, "", _ranks)
            columns[f"{model.title}, published"] = (model.name, "", lambda cell: f"{cell.compression_ratio:.2f}x")
            continue
        columns[f"{model.title}, published"] = (model.name, "", _PUBLISHED[table])
        columns[f"{model.title}, {f'{last} ' if last else ''}measured here"] = (model.name, "", _measured(table, last))
    return columns


def _published_score(variant: str) -> Any:
    return lambda cell: score_of(cell, "IV", variant).text


def _measured(table: str, variant: str) -> Any:
    return lambda cell: measured_text(measured_of(cell, table, variant))


def _ranks(cell: PublishedCell) -> str:
    return " or ".join(f"{ranks}" for ranks in cell.derived_ranks)


_PUBLISHED = {
    "II": lambda cell: f"{cell.original.text} → {cell.tensorllm.text}, {cell.compression_ratio:.2f}x",
    "III": lambda cell: " · ".join(case.text for case in cell.cases),
    "LASER": lambda cell: (
        f"{cell.laser.matrix} of {cell.laser.layer}, ρ {cell.laser.rho:g}: {cell.original.text} → {cell.cases[0].text}"
    ),
}


def _colours_of_cells(table: pd.DataFrame, columns: dict[str, tuple[str, str, Any]], choice: Choice) -> pd.DataFrame:
    """The styles of all cells: one colour for the chosen cell, one for measured columns, one for derived ones."""
    colours = look(appearance())
    styles = pd.DataFrame("", index=table.index, columns=table.columns)
    for title, (model, variant, _) in columns.items():
        if title.endswith("measured here"):
            styles[title] = f"background-color: {faint(colours.modes[2], 0.10)}"
        elif title.endswith("derived"):
            styles[title] = f"background-color: {faint(colours.modes[1], 0.07)}"
        if model == choice.cell.model.name and variant in {"", choice.variant} and title != "original, published":
            styles.loc[choice.cell.benchmark.title, title] = f"background-color: {faint(colours.modes[1], 0.28)}"
    return styles


def _take_cell(key: str, cells: Any, columns: dict[str, tuple[str, str, Any]], scene: Scene) -> None:
    """Choose the clicked cell, once for each click: the table keeps its selection over many runs."""
    clicked = tuple(cells[0]) if cells else None
    clicked_before = state.kept(f"clicked {key}")
    state.keep(f"clicked {key}", clicked)
    if clicked is None or clicked == clicked_before or clicked[1] not in columns:
        return
    row, title = clicked
    model, variant, _ = columns[title]
    cell = f"{model}-{list(PUBLISHED_BENCHMARKS)[row]}"
    if cell != scene.papers.cell or variant:
        state.change(cell=cell, variant=variant or scene.papers.variant)
        st.rerun()
