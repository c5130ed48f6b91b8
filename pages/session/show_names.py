"""The names of the scene lists, as links have them; the files themselves are read only when one is played."""

from __future__ import annotations

from functools import cache
from pathlib import Path

__all__ = ["OWN", "show_files", "show_names"]

OWN = "own"
"""The name of the visitor's own list, which stands in their browser."""
_FOLDER = Path(__file__).resolve().parents[2] / "assets" / "shows"


@cache
def show_files() -> dict[str, Path]:
    """The files of the lists that come with the app, by name. A number before the name gives their order."""
    return {path.stem.partition("-")[2]: path for path in sorted(_FOLDER.glob("*-*.json"))}


def show_names() -> list[str]:
    """What `show` may be in a link."""
    return [*show_files(), OWN, ""]
