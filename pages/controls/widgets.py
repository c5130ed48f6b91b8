"""Pieces that every screen uses: a figure with its takeaway and numbers, a click on a figure, a whole number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from pages.session import state

__all__ = ["Explanation", "show", "take_click", "whole_number"]

_MOST_ROWS = 1000
_PICTURE = "picture format"


@dataclass(frozen=True)
class Explanation:
    """What one is looking at, in plain words, and the formula behind it (LaTeX)."""

    words: str
    formula: str


def show(
    figure: Any,
    *,
    key: str,
    takeaway: str,
    explanation: Explanation,
    table: Callable[[], pd.DataFrame],
    caption: str = "",
    beside: Callable[[], None] | None = None,
    selectable: bool = False,
) -> list[int]:
    """A figure under its one-sentence takeaway, with the explanation, the numbers and the downloads one click away.

    Returns the numbers, as their `customdata` gives them, of the points that are selected; none where the figure is
    not `selectable`.

    Args:
        table: the numbers behind the figure; called only when somebody looks at them.
        beside: draws the figure's own controls, at the right of the takeaway.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
        st.caption(takeaway, width="stretch")
        if beside:
            beside()
        panel = st.popover(
            "",
            icon=":material/info:",
            type="tertiary",
            key=f"about {key}",
            on_change="rerun",
            help="What am I looking at? The formula, the numbers, downloads",
        )
    if panel.open:
        with panel:
            _about(key, explanation, table)
    event = st.plotly_chart(
        figure,
        on_select="rerun" if selectable else "ignore",
        selection_mode="points",
        theme=None,
        key=key,
        alt=takeaway,
        config={
            "displaylogo": False,
            "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d", "zoomIn2d", "zoomOut2d"],
            "toImageButtonOptions": {"format": state.kept(_PICTURE) or "svg", "filename": key.replace(" ", "-")},
        },
    )
    if caption:
        st.caption(caption)
    return _chosen(event) if selectable else []


def _chosen(event: Any) -> list[int]:
    found = []
    for point in event.selection.points:
        number = point.get("customdata")
        number = number[0] if isinstance(number, list | tuple) else number
        if isinstance(number, int | float):
            found.append(int(number))
    return found


def _about(key: str, explanation: Explanation, table: Callable[[], pd.DataFrame]) -> None:
    st.markdown(explanation.words)
    st.latex(explanation.formula)
    numbers = table()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Numbers (CSV)",
            numbers.to_csv(index=False),
            file_name=f"{key.replace(' ', '-')}.csv",
            mime="text/csv",
            icon=":material/download:",
            key=f"csv {key}",
            on_click="ignore",
        )
        choice = f"picture {key}"
        st.segmented_control(
            "Picture",
            ["svg", "png"],
            key=state.seed(choice, state.kept(_PICTURE) or "svg"),
            format_func=str.upper,
            on_change=_take_picture,
            args=(choice,),
            help="What the camera button above every figure saves",
            label_visibility="collapsed",
        )
    st.dataframe(numbers.head(_MOST_ROWS), hide_index=True, height=180)
    if len(numbers) > _MOST_ROWS:
        st.caption(f"The first {_MOST_ROWS:,} of {len(numbers):,} rows; the download has them all.")


def _take_picture(key: str) -> None:
    if state.widget_value(key):
        state.keep(_PICTURE, state.widget_value(key))


def whole_number(
    label: str, value: int, most: int, on_change: Callable[[str], None], *, colour: str, help_text: str
) -> None:
    """A slider and a number field for one whole number from 1; either hands its key to `on_change`."""
    disabled = most <= 1
    number, slider = f"{label} number {most}", f"{label} slider {most}"
    with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
        st.markdown(f":{colour}[**{label}**] of {most:,}", help=help_text, width="stretch")
        st.number_input(
            label,
            1,
            max(most, 1),
            step=1,
            key=state.seed(number, value),
            on_change=on_change,
            args=(number,),
            label_visibility="collapsed",
            disabled=disabled,
            width=90,
        )
    if disabled:
        return
    st.slider(
        label,
        1,
        most,
        key=state.seed(slider, value),
        on_change=on_change,
        args=(slider,),
        label_visibility="collapsed",
    )


def take_click(key: str, picked: Sequence[int], field: str) -> None:
    """Put what was clicked in the figure of that key into the scene, and draw the screen anew for it."""
    number = picked[0] if picked else None
    before = state.kept(f"picked {key}")
    state.keep(f"picked {key}", number)
    if number is None or number == before or getattr(state.current_scene(), field) == number:
        return
    state.change(**{field: number})
    st.rerun()
