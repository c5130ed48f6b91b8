"""The registry of screens: a new screen is one new folder in pages/ and one new line here.

This module imports nothing that is large: the menu stands before the libraries are loaded.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import streamlit as st

__all__ = ["PAGES", "PageEntry", "route"]


@dataclass(frozen=True)
class PageEntry:
    """One screen: where it stands in the menu, its file, and what question it answers.

    A page has no icon: the browser would fetch it from afar as the tab's, and the app works offline.
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
        "What is loaded, where its parameters sit, and what is worth seeing next.",
    ),
    "decompose": PageEntry(
        "Explore",
        "Decompose",
        "pages/decompose/page.py",
        "Pick a layer and ranks: error, compression ratio, certificate, spectra and the core of every head.",
    ),
    "layers": PageEntry(
        "Explore",
        "Layers",
        "pages/layers/page.py",
        "All layers at one glance, beside Gaussian weights of the same shape: spectra, error at a ratio, energies.",
    ),
    "heads": PageEntry(
        "Explore",
        "Heads",
        "pages/heads/page.py",
        "Which heads of a layer differ: energy, error by head and part, similarity of their cores.",
    ),
    "reasoning": PageEntry(
        "Measure",
        "Reasoning",
        "pages/reasoning/page.py",
        "What an edit does to the answers: accuracy and loss before and after, controls, and the answers that changed.",
    ),
    "compare": PageEntry(
        "Measure",
        "Compare",
        "pages/compare/page.py",
        "Methods side by side, each storing as little as the others: errors, answers, and a test between any two.",
    ),
    "papers": PageEntry(
        "Measure",
        "Papers",
        "pages/papers/page.py",
        "What the papers published, beside what was measured here, and what it takes to reproduce a cell.",
    ),
}


def route() -> Any:
    """Declare the menu, and return the page that the URL asks for, to be run."""
    sections: dict[str, list] = defaultdict(list)
    for name, page in PAGES.items():
        sections[page.section].append(st.Page(page.file, title=page.title, help=page.answers, url_path=name))
    # A default page has no address of its own, so the one at the bare address stands, hidden, beside the others.
    home = st.Page(
        PAGES["decompose"].file, title="TensorLLM Explorer", url_path="home", default=True, visibility="hidden"
    )
    sections["Explore"].append(home)
    return st.navigation(sections, position="top")
