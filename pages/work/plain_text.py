"""Sentences with words of others in them, such as names of models and lines of files, as Markdown that cannot do harm.

Streamlit reads every text as Markdown. There, an image in the name of a model makes the browser fetch its address.
"""

from __future__ import annotations

import re

__all__ = ["inert", "inert_name"]

_CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
"""A span of code as CommonMark defines it: runs of equally many backticks around a text."""
_MARK = re.compile(r"[\\`*\[\]<>$~]|(?<!\w)_|_(?!\w)|:(?=[a-zA-Z])")
"""Characters that mean something in Streamlit's Markdown. An underscore within a word does not."""


def inert(sentence: str) -> str:
    r"""The sentence as Markdown that shows it as it is, on one line; only backticks keep their meaning, which is code.

    >>> inert("Expected `r1`, got ![p](http://a.b/c.png)")
    'Expected `r1`, got !\\[p\\](http://a.b/c.png)'
    """
    line = " ".join(sentence.split())
    pieces, end = [], 0
    for span in _CODE.finditer(line):
        pieces += [_escaped(line[end : span.start()]), span.group()]
        end = span.end()
    return "".join([*pieces, _escaped(line[end:])])


def inert_name(name: str) -> str:
    r"""The name as Markdown that shows it as it is, backticks too.

    >>> inert_name("a `b` *c*")
    'a \\`b\\` \\*c\\*'
    """
    return _escaped(" ".join(name.split()))


def _escaped(text: str) -> str:
    return _MARK.sub(r"\\\g<0>", text)
