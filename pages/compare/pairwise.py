"""Any two methods against each other: the paired test by benchmark and over all."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.compare.ranking import standings, subject, tested, title
from pages.session import state
from pages.session.scene import Scene
from tensorllm_core.experiments.evaluate import ORIGINAL
from tensorllm_core.experiments.paired import Paired
from tensorllm_core.experiments.statistics import PairedAccuracy, PairedLoss, better_than_control, verdict
from tensorllm_core.methods.registry import CONTROLS
from tensorllm_core.runs.comparison_run import Comparison

__all__ = ["two"]


def two(scene: Scene, found: Comparison, ratio: float) -> None:
    """Two choices, a sentence, a table."""
    ranking = sorted(standings(found, ratio), key=lambda each: each.is_control)
    order = [each.point.method for each in ranking] + [ORIGINAL]
    asked = [name for name in order if subject(found, name, ratio)]
    if len(asked) < 2:
        st.info("Fewer than two methods were asked at this budget.", icon=":material/block:")
        return
    first = (
        scene.compare.first
        if scene.compare.first in asked
        else next(name for name in asked if name != scene.compare.second)
    )
    second = scene.compare.second if scene.compare.second in asked else next(name for name in asked if name != first)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        _choice("Is", asked, first, "first")
        _choice("better than", asked, second, "second")
    between = tested(found, first, second, ratio)
    if first == second or between is None:
        st.info("Choose two different ones.", icon=":material/equal:")
        return
    at = f"at {ratio:.3g}x"
    if second in CONTROLS:
        sentence = better_than_control(between.accuracy, f"the control, {title(second)}")
    else:
        sentence = verdict(between.accuracy)
    st.markdown(f"**From {title(second)} to {title(first)}, {at}.** {sentence}")
    table = _table(between)
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
        st.download_button(
            "CSV", table.to_csv(index=False), "two-methods.csv", "text/csv", icon=":material/download:",
            on_click="ignore", key="csv two methods",
        )  # fmt: skip
        st.caption(
            "Paired: only questions that one answers and the other does not tell them apart; p is that of McNemar's "
            "exact test. Of many pairs some look different by luck: choose the pair before you look, or on validation."
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


def _table(between: Paired) -> pd.DataFrame:
    rows = [_row(name, accuracy, loss) for name, (accuracy, loss) in between.by_benchmark.items()]
    if len(rows) > 1:
        rows.append(_row("all, in the mean", between.accuracy, between.loss))
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
