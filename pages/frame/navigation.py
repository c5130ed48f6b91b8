"""The registry of screens: a new screen is one new folder in pages/ and one new line here.

This module imports nothing large: the row of screens is drawn before the libraries are loaded.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["APP", "DECOMPOSE", "PAGES", "SCENE_LISTS", "SPEAKER", "SPEAKER_PAGE", "START", "PageEntry"]

APP = "TensorLLM Explorer"
"""The name of the app."""
START, DECOMPOSE = "start", "decompose"
"""The front door, at `/`, and the screen that opens there with the link of a scene."""
SCENE_LISTS, SPEAKER = "show", "speaker"
"""The screen of scene lists, and the speaker's window, which is in no row of screens."""


@dataclass(frozen=True)
class PageEntry:
    """One screen: its section and title in the row of screens, its file, and the question that it answers.

    A page has no icon: the browser would fetch it from the network for the tab, and the app must work offline.
    """

    section: str
    title: str
    file: str
    answers: str


PAGES: dict[str, PageEntry] = {
    START: PageEntry(
        "Start",
        "Start",
        "pages/start/page.py",
        "See the low-rank structure in the attention of a language model, and compress it live.",
    ),
    "overview": PageEntry(
        "Start",
        "Overview",
        "pages/overview/page.py",
        "What the chosen model is made of, where its parameters are, and examples to open next.",
    ),
    SCENE_LISTS: PageEntry(
        "Start",
        "Show",
        "pages/show/page.py",
        "Play a list of scenes with the arrow keys, rehearse it before, and make a list of your own.",
    ),
    DECOMPOSE: PageEntry(
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

SPEAKER_PAGE = PageEntry(
    "Start", "Speaker", "pages/speaker/page.py", "The speaker's notes, a clock and the next scene, in a second window."
)
"""It follows the window that presents, and needs no other screen."""
