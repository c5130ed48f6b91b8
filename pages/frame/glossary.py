"""The words of the field that a reader who knows the SVD may not know, each with what it means.

The first time that a word stands on a screen, it is underlined with dots and tells what it means when the pointer rests
on it. For the keyboard, the help of each screen lists them all. This module imports nothing large.
"""

from __future__ import annotations

from pages.frame.own_component import own_component

__all__ = ["WORDS", "explain_words", "list_of_words"]

WORDS: dict[str, str] = {
    "mode": "An axis of the tensor. Mode 1 is the model width, mode 2 the head width, mode 3 the parts. The heads are "
    "the fourth mode, which is not compressed.",
    "part": "One of the four projections of the attention: query Q, key K, value V, output O.",
    "direction": "What a singular vector is in an SVD: here one for each mode, largest first. "
    "A rank is how many are kept.",
    "core": "The small table of R1 x R2 x R3 numbers that each head keeps for itself: how it mixes the "
    "shared directions.",
    "energy": "The sum of the squared weights. The share that is kept and the squared relative error add up to 100%.",
    "relative error": "How large what is left out is, compared with all: the ratio of their norms. 0 is exact; at 1 "
    "nothing is left.",
    "compression ratio": "Numbers in the attention before, divided by the numbers that are stored instead.",
    "stable rank": "How many directions matter, counted softly: the energy, divided by that of the strongest "
    "direction.",
    "noise floor": "The largest singular value that white noise alone would have. What lies above it is more "
    "than noise. No data is needed to find it.",
    "HOSVD": "Higher-order SVD: an SVD of the tensor along each mode. Here it gives the error of all ranks at once.",
    "HOOI": "Higher-order orthogonal iteration: starts from the HOSVD and lowers the error, sweep by sweep.",
    "Pareto": "Ranks are on the Pareto path if no others store as few numbers with a smaller error.",
    "nats": "The unit of a natural logarithm of a probability. A loss that is lower by 0.69 nats means twice the "
    "probability.",
    "loss": "How little probability the right answer gets: minus its natural logarithm. Lower is better.",
    "gold answer": "The answer that counts as right.",
    "McNemar": "A test of two models on the same questions. Only those count that exactly one of them answers right. "
    "p is how probable a difference this uneven is if both are equally good.",
    "validation question": "A question to choose ranks with. What was chosen is then reported on test questions.",
}
"""What each word means, in the order in which the help lists them. A plural is found too."""

_GLOSSARY = own_component(__file__, "glossary", html="<div role='tooltip' popover='manual'></div>")


def explain_words() -> None:
    """Let the words on the screen tell what they mean."""
    _GLOSSARY(data=WORDS, key="glossary")


def list_of_words() -> str:
    """All words and what they mean, as a list in Markdown."""
    return "\n".join(f"- **{word}**: {meaning}" for word, meaning in WORDS.items())
