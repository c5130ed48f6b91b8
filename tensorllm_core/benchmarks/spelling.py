"""One spelling for all texts that look the same."""

from __future__ import annotations

import unicodedata
from typing import Literal

__all__ = ["composed"]


def composed(text: str, form: Literal["NFC", "NFKC"] = "NFC") -> str:
    """The text in a normal form of Unicode, each run of white space as one space.

    An accent can be a character of its own, and a space a tab.

    >>> composed("Zoe\\u0301 \\t is") == "Zo\\u00e9 is"
    True
    """
    return " ".join(unicodedata.normalize(form, text).split())
