"""The part of the scene that says which scene list is played, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass

from pages.session.readers import choice, flag, whole_number
from pages.session.show_names import show_names

__all__ = ["PlayingPart"]


@dataclass(frozen=True)
class PlayingPart:
    """The scene list that is played; empty `show` for none.

    `at` counts its scenes from 1; 0 stands before the first. `rehearse` plays it by itself, to measure each scene.
    `tour` is the step of the guided tour, from 1; 0 for none.
    """

    show: str = choice("", show_names, instead="playing none")
    at: int = whole_number(0, least=0, digits=3, instead="beginning with the first scene")
    rehearse: bool = flag()
    tour: int = whole_number(0, least=0, digits=1, instead="leaving the tour")
