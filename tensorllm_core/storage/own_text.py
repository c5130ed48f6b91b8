"""Texts that come with the project: scripts, styles and numbers computed ahead."""

from __future__ import annotations

from pathlib import Path

__all__ = ["own_text", "text_beside"]


def own_text(path: Path) -> str:
    """The text of a file that comes with the project; it is trusted, unlike a file of somebody else."""
    return path.read_text(encoding="utf-8")


def text_beside(module: str, name: str) -> str:
    """The text of a file in the folder of a module, which gives its `__file__`."""
    return own_text(Path(module).with_name(name))
