"""The registry of screens: a new screen is one new folder in pages/ and one new line here.

This module imports nothing large: the menu is drawn before the libraries are loaded.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import streamlit as st

__all__ = ["PAGES", "PageEntry", "route"]


@dataclass(frozen=True)
class PageEntry:
    """One screen: its section and title in the menu, its file, and the question that it answers.

    A page has no icon: the browser would fetch it from the network for the tab, and the app must work offline.
    """

    section: str
    title: str
    file: str
    answers: str


PAGES: dict[str, PageEntry] = {
    "overview": PageEntry(
        "Start",
        "Overview",
        "pages/overview/page.py",
        "What the chosen model is made of, where its parameters are, and examples to open next.",
    ),
    "decompose": PageEntry(
        "Explore",
        "Decompose",
        "pages/decompose/page.py",
        "Choose a layer and ranks: see the error, the compression ratio, the spectra and the core of every head.",
    ),
    "layers": PageEntry(
        "Explore",
        "Layers",
        "pages/layers/page.py",
        "All layers side by side, next to random Gaussian weights: their spectra, errors and energies.",
    ),
    "heads": PageEntry(
        "Explore",
        "Heads",
        "pages/heads/page.py",
        "How the heads of one layer differ: their energy, their error, and how similar their cores are.",
    ),
    "reasoning": PageEntry(
        "Measure",
        "Reasoning",
        "pages/reasoning/page.py",
        "How compressed attention changes the answers of the model: accuracy and loss, before and after.",
    ),
    "compare": PageEntry(
        "Measure",
        "Compare",
        "pages/compare/page.py",
        "Compression methods side by side, all at the same budget: their errors, their answers, and which is better.",
    ),
    "papers": PageEntry(
        "Measure",
        "Papers",
        "pages/papers/page.py",
        "The published tables, next to what was measured here, and what reproducing one result needs.",
    ),
    "history": PageEntry(
        "Measure",
        "History",
        "pages/history/page.py",
        "The last runs on this server: what was asked, what came of it, and the link that shows it again.",
    ),
}


def route() -> Any:
    """Declare the menu, and return the page that the URL asks for. The caller runs it."""
    sections: dict[str, list] = defaultdict(list)
    for name, page in PAGES.items():
        sections[page.section].append(st.Page(page.file, title=page.title, help=page.answers, url_path=name))
    # Streamlit gives a default page no address of its own. So a hidden second entry of Decompose is the default.
    home = st.Page(
        PAGES["decompose"].file, title="TensorLLM Explorer", url_path="home", default=True, visibility="hidden"
    )
    sections["Explore"].append(home)
    return st.navigation(sections, position="top")
