"""The headline at the budget in focus, drawn on the server."""

from __future__ import annotations

import streamlit as st

from pages.compare.budget_words import BudgetWords, Number
from pages.controls.notable import notable
from pages.frame.stage import is_presenting
from pages.work.plain_text import inert

__all__ = ["headline"]


def headline(told: BudgetWords) -> None:
    """Four numbers, then two sentences: the best against the original, and against the next and the control."""
    presents = is_presenting()
    # Larger type leaves no room for a fourth number, which the panel has too.
    numbers = told.numbers if presents else (*told.numbers, told.saved)
    with st.container(key="headline-compare"):
        widths = [1, 1, 1] if presents else [5, 5, 4, 4]
        columns = st.columns(widths, gap="small", vertical_alignment="bottom", wrap=False)
    for column, number in zip(columns, numbers, strict=True):
        _metric(column, number)
    st.markdown(f"**{told.claim}** {told.against}")
    notable(told.warnings)
    if lines := list(map(inert, (*told.words, *told.notices))):
        st.caption("  \n".join(lines))


def _metric(column: st.delta_generator.DeltaGenerator, number: Number) -> None:
    column.metric(
        inert(number.label),
        number.value,
        number.note,
        delta_color="normal" if number.sign else "off",
        delta_arrow="auto" if number.sign else "off",
        help=number.help or None,
    )
