"""Four figures in two rows, and their outline while the numbers are computed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

__all__ = ["figure_grid", "outline_of_grid"]


def figure_grid(rows: Sequence[Sequence[Callable[..., None]]], *arguments: object) -> None:
    """Draw figures in rows; every function gets the same arguments."""
    for row in rows:
        for column, draw in zip(st.columns(len(row), gap="small"), row, strict=True):
            with column:
                draw(*arguments)


def outline_of_grid() -> None:
    """The outline of a headline and two rows of two figures."""
    st.skeleton(height=60)
    for _ in range(2):
        for column in st.columns(2, gap="small"):
            column.skeleton(height=220)
