"""How the text of a data set becomes the text of a prompt."""

from __future__ import annotations

__all__ = ["end_sentence"]


def end_sentence(text: str, mark: str = ".") -> str:
    """The text without space around it; with the mark at its end, unless a full stop or a question mark is there.

    >>> end_sentence(" Rome is old "), end_sentence("Is it?"), end_sentence("Who was he", mark="?")
    ('Rome is old.', 'Is it?', 'Who was he?')
    """
    stripped = text.strip()
    return stripped if stripped.endswith((".", "?")) else f"{stripped}{mark}"
