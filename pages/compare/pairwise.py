"""The tab that tests any two methods against each other, by benchmark and over all of them."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.compare.ranking import answers_of, difference_of, ranked_methods, title
from pages.controls.widgets import csv_button
from pages.session import state
from pages.session.scene import Scene
from tensorllm_core.experiments.evaluate import ORIGINAL
from tensorllm_core.experiments.paired import Paired
from tensorllm_core.experiments.statistics import PairedAccuracy, PairedLoss, better_than_control, verdict
from tensorllm_core.methods.registry import CONTROLS
from tensorllm_core.runs.comparison_run import Comparison

__all__ = ["two_methods_tab"]


def two_methods_tab(scene: Scene, comparison: Comparison, ratio: float) -> None:
    """Two lists to choose from, the verdict in a sentence, and the numbers in a table."""
    ranking = sorted(ranked_methods(comparison, ratio), key=lambda each: each.is_control)
    order = [each.point.method for each in ranking] + [ORIGINAL]
    names = [name for name in order if answers_of(comparison, name, ratio)]
    if len(names) < 2:
        st.info("Fewer than two methods reach this budget.", icon=":material/block:")
        return
    first, second = scene.compare.first, scene.compare.second
    first = first if first in names else next(name for name in names if name != second)
    second = second if second in names else next(name for name in names if name != first)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        _choice("Is", names, first, "first")
        _choice("better than", names, second, "second")
    difference = difference_of(comparison, first, second, ratio)
    if first == second or difference is None:
        st.info("Choose two different methods.", icon=":material/equal:")
        return
    at = f"at {ratio:.3g}x"
    if second in CONTROLS:
        sentence = better_than_control(difference.accuracy, f"the control, {title(second)}")
    else:
        sentence = verdict(difference.accuracy)
    st.markdown(f"**From {title(second)} to {title(first)}, {at}.** {sentence}")
    table = _table(difference)
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        column_config={
            name: st.column_config.NumberColumn(format=form)
            for name, form in {
                **dict.fromkeys(("before", "after"), "percent"),
                **dict.fromkeys(("change", "low", "high"), "%+.3f"),
                "p": "%.2g",
                **dict.fromkeys(("loss change", "loss low", "loss high"), "%+.3f"),
            }.items()
        },
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        csv_button(table, "two methods")
        st.caption(
            "Only questions that exactly one of the two methods answers rightly count in the test. p is that of "
            "McNemar's exact test. Among many pairs some differ by luck: choose the pair before you look at it, or on "
            "validation questions."
        )


def _choice(label: str, names: list[str], chosen: str, field: str) -> None:
    key = f"{field} method widget {len(names)}"
    st.selectbox(
        label,
        names,
        key=state.seed(key, chosen),
        format_func=title,
        on_change=state.take,
        args=(key, field),
        width=280,
    )


def _table(difference: Paired) -> pd.DataFrame:
    rows = [_row(name, accuracy, loss) for name, (accuracy, loss) in difference.by_benchmark.items()]
    if len(rows) > 1:
        rows.append(_row("all, in the mean", difference.accuracy, difference.loss))
    return pd.DataFrame(rows)


def _row(name: str, accuracy: PairedAccuracy, loss: PairedLoss) -> dict[str, object]:
    return {
        "benchmark": name,
        "questions": accuracy.n,
        "before": accuracy.before,
        "after": accuracy.after,
        "change": accuracy.delta,
        "low": accuracy.interval.low,
        "high": accuracy.interval.high,
        "fixed": accuracy.fixed,
        "broken": accuracy.broken,
        "p": accuracy.p,
        "loss change": loss.delta,
        "loss low": loss.interval.low,
        "loss high": loss.interval.high,
    }
