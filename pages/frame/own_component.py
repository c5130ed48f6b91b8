"""A component of ours, of the files with its name beside the module that uses it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from tensorllm_core.storage.own_text import text_beside

__all__ = ["BUTTON_STYLE", "own_component"]

BUTTON_STYLE = text_beside(__file__, "button.css")
"""Buttons that look like those of Streamlit."""


def own_component(module: str, name: str, *, html: str = "", style: str = "") -> Any:
    """A component of `NAME.js`, and of `NAME.html` and `NAME.css` where they are, in the folder of a module.

    Args:
        module: the `__file__` of the module.
        html: its elements, where they have no file.
        style: rules that stand before its own.
    """

    def text(kind: str) -> str:
        path = Path(module).with_name(f"{name}.{kind}")
        return text_beside(module, path.name) if path.is_file() else ""

    css = f"{style}\n{text('css')}".strip()
    return st.components.v2.component(name, html=html or text("html"), css=css or None, js=text("js"))
