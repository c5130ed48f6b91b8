"""Widgets that many screens use: a figure with its takeaway and numbers, downloads, a whole number, a head."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd
import streamlit as st

from pages.frame.stage import is_presenting
from pages.session import state
from pages.session.scene import Scene
from tensorllm_core.runs.layer_analysis import LayerAnalysis

__all__ = ["Explanation", "choose_head", "csv_button", "show", "whole_number"]

_MOST_ROWS = 1000
_PICTURE = "picture format"
_LARGE = "(min-width: 1600px) and (min-height: 800px)"
_DESK = 720
"""Height of the window, in pixels, for which the heights of figures are chosen."""


@dataclass(frozen=True)
class Explanation:
    """What a figure shows, in plain words, and its formula in LaTeX."""

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
    chooses: str = "",
) -> list[int]:
    """Draw a figure under its takeaway of one sentence, with a button for the explanation, the numbers and downloads.

    Returns the numbers of the selected points, which are their `customdata`; empty if no point can be selected.

    Args:
        table: makes the numbers behind the figure; called only when they are shown.
        beside: draws controls of the figure, at the right of the takeaway.
        selectable: whether points can be selected.
        chooses: the field of the scene that a click on a point sets to the point's number, if it sets one.
    """
    selectable = selectable or bool(chooses)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
        st.caption(takeaway, width="stretch")
        if beside:
            beside()
        is_explained = _explain_button(key)
    # The explanation stands beside the figure, or below it where there is no room, but never over it.
    with st.container(horizontal=True, gap="small", key=f"beside {key}"):
        with st.container(key=f"figure {key}"):
            event = _draw(figure, key, takeaway, selectable)
            if caption:
                st.caption(caption)
        if is_explained:
            with st.container(border=True, gap="small", key=f"explanation {key}"):
                _about(key, explanation, table)
    points = _selected_points(event) if selectable else []
    if chooses:
        _take_click(key, points, chooses)
    return points


def _explain_button(key: str) -> bool:
    """A button that opens and closes the explanation of a figure. Returns whether it is open."""
    opened = f"explanation of {key} is open"
    is_open = bool(state.kept(opened))
    st.button(
        f"{'Close' if is_open else 'About'} {key}",
        icon=":material/close:" if is_open else ":material/info:",
        type="tertiary",
        key=f"about {key}",
        on_click=state.keep,
        args=(opened, not is_open),
        help="Close the explanation" if is_open else "What this figure shows: explanation, formula, numbers, downloads",
    )
    return is_open


def _draw(figure: Any, key: str, takeaway: str, selectable: bool) -> Any:
    _grow_with_window(key, figure.layout.height)
    return st.plotly_chart(
        figure,
        height="stretch",
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


def _grow_with_window(key: str, height: float) -> None:
    """Let the height of a figure follow the window: presented, or where it is larger than the one it was made for."""
    name = _css_class(key)
    if is_presenting():
        rule = f".{name} {{height: calc(var(--stage, 1) * {height:.0f}px);}}"
    else:
        rule = f"@media {_LARGE} {{.{name} {{height: {100 * height / _DESK:.2f}vh;}}}}"
    st.html(f"<style>{rule}</style>")


def _selected_points(event: Any) -> list[int]:
    numbers = []
    for point in event.selection.points:
        number = point.get("customdata")
        number = number[0] if isinstance(number, list | tuple) else number
        if isinstance(number, int | float):
            numbers.append(int(number))
    return numbers


def _css_class(key: str) -> str:
    """The class by which Streamlit marks the element of a key."""
    return "st-key-" + re.sub(r"[^a-zA-Z0-9_-]", "-", key)


def _take_click(key: str, points: list[int], field: str) -> None:
    """Put the clicked point of a figure into the scene and run the page again, once for each click."""
    number = points[0] if points else None
    number_before = state.kept(f"clicked {key}")
    state.keep(f"clicked {key}", number)
    if number is None or number == number_before or getattr(state.current_scene(), field) == number:
        return
    state.change(**{field: number})
    st.rerun()


def _about(key: str, explanation: Explanation, table: Callable[[], pd.DataFrame]) -> None:
    st.markdown(explanation.words)
    st.latex(explanation.formula)
    numbers = table()
    with st.container(horizontal=True, vertical_alignment="center"):
        csv_button(numbers, key, label="Numbers (CSV)")
        choice = f"picture {key}"
        st.segmented_control(
            "Picture",
            ["svg", "png"],
            key=state.seed(choice, state.kept(_PICTURE) or "svg"),
            format_func=str.upper,
            on_change=_take_picture,
            args=(choice,),
            help="The type of file that the camera button above each figure saves",
            label_visibility="collapsed",
        )
    st.dataframe(numbers.head(_MOST_ROWS), hide_index=True, height=180)
    if len(numbers) > _MOST_ROWS:
        st.caption(f"The first {_MOST_ROWS:,} of {len(numbers):,} rows. The download has all of them.")


def _take_picture(key: str) -> None:
    if state.widget_value(key):
        state.keep(_PICTURE, state.widget_value(key))


def whole_number(
    label: str, value: int, most: int, on_change: Callable[[str], None], *, colour: str, help_text: str
) -> None:
    """A number field and a slider for one whole number from 1 to `most`; both call `on_change` with their key."""
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


def csv_button(table: pd.DataFrame, name: str, *, label: str = "CSV") -> None:
    """A button that downloads a table as a CSV file; `name` names the file and the button."""
    st.download_button(
        label,
        table.to_csv(index=False),
        file_name=f"{name.replace(' ', '-')}.csv",
        mime="text/csv",
        icon=":material/download:",
        key=f"csv {name}",
        on_click="ignore",
    )


def choose_head(
    scene: Scene,
    analysis: LayerAnalysis,
    key: str,
    *,
    width: int | Literal["stretch"] = "stretch",
    label_visibility: Literal["visible", "collapsed"] = "visible",
) -> int:
    """A list of the heads, or groups, of the layer. Returns the number of the chosen one."""
    count = analysis.shape.group
    head = min(scene.group, count - 1)
    st.selectbox(
        analysis.unit.capitalize(),
        range(count),
        **state.bound("group", head, f"{key} {count}"),
        format_func=lambda number: f"{analysis.unit} {number}",
        label_visibility=label_visibility,
        width=width,
        help=f"The {analysis.unit} that all screens show",
    )
    return head
