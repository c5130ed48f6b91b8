"""The runs as a table, the selected one with its link, and all of them as a file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from pages.controls.page_links import page_link
from pages.controls.widgets import csv_button
from pages.frame.navigation import PAGES
from pages.session.links import parse_scene
from pages.work.plain_text import inert
from tensorllm_core.models.layers import numbers_text
from tensorllm_core.numbers_text import change_text, share_text
from tensorllm_core.runs.run_record import RunRecord

__all__ = ["link_of", "run_table"]

_HEIGHT = 420


def run_table(records: Sequence[RunRecord]) -> None:
    """The table, the latest run first; a selected row offers its link."""
    address = str(st.context.url or "").rpartition("/")[0]
    columns, number = st.column_config, st.column_config.NumberColumn
    event = st.dataframe(
        pd.DataFrame([_shown(record, address) for record in records]),
        hide_index=True,
        height=_HEIGHT if len(records) > 10 else "content",
        # The number of a row means another run once there are more.
        key=f"runs {records[0].key} {records[0].date}",
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "when": columns.DatetimeColumn(format="YYYY-MM-DD HH:mm", pinned=True),
            "open": columns.LinkColumn(display_text=":material/open_in_new:", width=50, help="Opens it in a new tab"),
            "change": number(format="%+.1f", help="Accuracy after less before, in points"),
            "from": number(format="%+.1f", help="95% interval of the change"),
            "to": number(format="%+.1f", help="95% interval of the change"),
            **dict.fromkeys(("before", "after"), number(format="%.1f%%", help="Accuracy")),
            "ratio": number(format="%.1fx", help="Times smaller: numbers before, divided by those stored"),
            "layers": columns.TextColumn(help="The layers that are edited, counted from 0"),
            "questions": number(format="localized"),
        },
    )
    if event.selection.rows:
        _offer(records[event.selection.rows[0]], address)
    csv_button(pd.DataFrame([_stored(record, address) for record in records]), "runs", label="All runs (CSV)")


def link_of(record: RunRecord, address: str) -> str:
    """The link that shows the run again; empty where this version has no such screen.

    Args:
        address: of the app, without a slash at its end.
    """
    return f"{address}/{record.page}?{urlencode(record.parameters)}" if record.page in PAGES else ""


def _shown(record: RunRecord, address: str) -> dict[str, object]:
    zone = ZoneInfo(st.context.timezone or "UTC")
    return {
        "when": datetime.fromisoformat(record.date).astimezone(zone).replace(tzinfo=None),
        "open": link_of(record, address),
        "run": str(record.kind) + ("" if record.complete else ", stopped"),
        "model": record.model,
        "change": 100 * record.delta,
        "from": 100 * record.low,
        "to": 100 * record.high,
        "method": record.method,
        "layers": numbers_text(record.layers),
        "setting": record.setting,
        "before": 100 * record.accuracy_before,
        "after": 100 * record.accuracy_after,
        "ratio": record.compression_ratio,
        "questions": record.n,
        "of": f"{', '.join(record.benchmarks)} ({record.split})",
    }


def _stored(record: RunRecord, address: str) -> dict[str, object]:
    """A row of the file: all numbers as they are kept, accuracies as shares of 1."""
    return {
        "date": record.date,
        "run": str(record.kind),
        "complete": record.complete,
        "model": record.model,
        "method": record.method,
        "layers": " ".join(map(str, record.layers)),
        "setting": record.setting,
        "benchmarks": " ".join(record.benchmarks),
        "split": record.split,
        "questions": record.n,
        "accuracy before": record.accuracy_before,
        "accuracy after": record.accuracy_after,
        "change": record.delta,
        "low": record.low,
        "high": record.high,
        "compression ratio": record.compression_ratio,
        "link": link_of(record, address),
    }


def _offer(record: RunRecord, address: str) -> None:
    """The selected run: what it was, where it opens, and its link to copy."""
    with st.container(border=True, key="chosen-run"):
        accuracy = f"accuracy {share_text(record.accuracy_before, 1)} → {share_text(record.accuracy_after, 1)}"
        points = change_text(record.delta, record.low, record.high)
        st.markdown(inert(f"{record.method}, {record.setting}, on {record.model}: {accuracy}, {points}."))
        if link := link_of(record, address):
            scene, _ = parse_scene(record.parameters)
            page_link(record.page, f"Open in {PAGES[record.page].title}", "open_in_new", scene)
            st.code(link, language=None, wrap_lines=True)
        else:
            st.caption("This version has no screen for it.")
