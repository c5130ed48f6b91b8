"""Texts of others that would do something if a screen showed them as Markdown, and what of them is alive in a text.

Each has the word `evil` in it, so that the Markdown of the screens themselves is told from theirs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from streamlit.testing.v1 import AppTest

__all__ = ["HOSTILE", "alive", "markdown_of", "without_code"]

HOSTILE = (
    "![evil](http://evil.test/p.png)",
    "[evil](javascript:alert)",
    "[evil]: http://evil.test",
    "<img src=http://evil.test/p.png>",
    "<script>evil()</script>",
    "http://evil.test",
    "www.evil.test",
    "a@evil.test",
    ":material/evil:",
    ":evil: :red[evil] :blue-badge[evil]",
    "$$evil$$ $evil$",
    "**evil** *evil* ~~evil~~",
    "`![evil](http://evil.test/p.png)`",
    "a`b`![evil](http://evil.test/p.png)`c",
    "``![evil](http://evil.test/p.png)`",
    "\\`![evil](http://evil.test/p.png)`",
    "x\n\n# evil\n\n- evil\n\n1. evil",
    "# evil",
    "\u202eevil\u2066",
    "evil" + "\u0430" * 20_000,
)

_ALIVE = re.compile(
    r"\][(:][^)]*evil|\[evil[^\]]*\]\(|<[a-zA-Z/!].*evil|\$[^$]*evil[^$]*\$|https?://\S*evil|www\.evil|\w@evil"
    r"|:[\w/+-]*evil\w*:|:[\w-]+\[evil|[*~]evil[*~]|^\s*(?:#+|[-+*]|\d+[.)])\s+evil|[\u202a-\u202e\u2066-\u2069]|.{5000}",
    re.MULTILINE,
)
_MARKDOWN_FIELDS = {"label", "body", "help", "text", "caption", "content", "title", "delta", "placeholder"}
_PLAIN_ELEMENTS = {"code", "html", "text_input", "selectbox", "multiselect", "arrow_data_frame", "plotly_chart"}


def alive(markdown: str) -> list[str]:
    """What of the hostile texts a reader's browser would act on, in a text that Streamlit reads as Markdown."""
    plain = re.sub(r"\\[!-/:-@\[-`{-~]", "\u00b7", without_code(markdown))
    return _ALIVE.findall(plain)


def without_code(markdown: str) -> str:
    """The text outside spans of code, read from left to right as CommonMark says: escapes first, then backticks."""
    rest, place = [], 0
    while place < len(markdown):
        if markdown[place] == "\\":
            rest.append(markdown[place : place + 2])
            place += 2
            continue
        if markdown[place] != "`":
            rest.append(markdown[place])
            place += 1
            continue
        run = re.match("`+", markdown[place:])[0]
        end = re.search(f"(?<!`){run}(?!`)", markdown[place + len(run) :])
        place += len(run) + (end.end() if end else 0)
        rest += [] if end else [run]
    return "".join(rest)


def markdown_of(app: AppTest) -> Iterator[str]:
    """Every text on a screen that Streamlit reads as Markdown: bodies, labels and helps, of containers too."""
    for node in app._tree:
        proto: Any = getattr(node, "proto", None)
        if _is_message(proto):
            yield from _texts(proto, plain=node.type in _PLAIN_ELEMENTS)


def _is_message(value: Any) -> bool:
    return hasattr(value, "ListFields")


def _texts(message: Any, *, plain: bool) -> Iterator[str]:
    for field, value in message.ListFields():
        values = value if isinstance(value, str | bytes) or not hasattr(value, "__iter__") else list(value)
        for each in values if isinstance(values, list) else [values]:
            if _is_message(each):
                yield from _texts(each, plain=plain)
            elif isinstance(each, str) and field.name in ({"help", "label"} if plain else _MARKDOWN_FIELDS):
                yield each
