"""Sentences of a headline that a reader must not miss: parts that are gone, a model that always answers the same."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from pages.work.plain_text import inert

__all__ = ["notable"]


def notable(sentences: Iterable[str]) -> None:
    """Show the sentences that are not empty, each a paragraph that stands out; nothing where all are empty."""
    if told := [f":orange[:material/warning: **{inert(sentence)}**]" for sentence in sentences if sentence]:
        st.markdown("  \n".join(told))
