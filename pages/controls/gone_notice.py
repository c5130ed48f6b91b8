"""What a headline says where ranks leave next to nothing of a part of the model."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

__all__ = ["gone_notice"]


def gone_notice(sentences: Iterable[str]) -> None:
    """The sentences that are not empty, each a paragraph that stands out; nothing where all are empty."""
    if told := [f":orange[:material/warning: **{sentence}**]" for sentence in sentences if sentence]:
        st.markdown("  \n".join(told))
