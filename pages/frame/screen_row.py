"""The row of screens at the top: the name of the app, all screens as links, and what the present one answers.

Streamlit's own menus hide the screens below the names of their sections. The links here hold the scene: a click
opens the screen without loading the app anew, and a link that is copied or opened in a new tab restores the scene.
"""

from __future__ import annotations

from itertools import groupby

from pages.frame.navigation import APP, PAGES, START
from pages.frame.own_component import own_component

__all__ = ["screen_row"]

_ROW = own_component(__file__, "screen_row", html="<nav aria-label='Screens'></nav>\n<header><h1></h1><p></p></header>")


def screen_row(current: str) -> str | None:
    """Draw the row, with the screen of this name as the present one. Returns the name of a screen that was clicked."""
    sections = [
        {
            "title": section,
            "screens": [
                {
                    "name": name,
                    "title": page.title,
                    "answers": page.answers,
                    # From `/` and from `/decompose` alike, also where the app is served below a path.
                    "path": "./" if name == START else name,
                    "holdsScene": name != START,
                    "current": name == current,
                }
                for name, page in screens
            ],
        }
        for section, screens in groupby(PAGES.items(), lambda item: item[1].section)
    ]
    page = PAGES[current]
    row = _ROW(
        data={
            "app": APP,
            "sections": sections,
            # The front door says its purpose in large type.
            "heading": None if current == START else {"title": page.title, "answers": page.answers},
        },
        key="screen row",
        on_screen_change=lambda: None,
    )
    return row.screen if row.screen in PAGES else None
