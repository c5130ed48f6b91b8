"""Sentences with words of others in them, such as names of models and lines of files, as Markdown that cannot do harm.

Streamlit reads every text as Markdown. There, an image in the name of a model makes the browser fetch its address.
Backslashes keep most marks plain. But some it finds in the plain text afterwards: addresses, which become links, names
of icons and emojis, arrows. A character without width breaks those. Spans of code it leaves alone, but for icons.
"""

from __future__ import annotations

import re

__all__ = ["inert", "inert_name"]

_LONGEST = 1500
"""Characters that are shown of a text."""
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""Characters that nobody sees, some of which turn the direction of the text after them."""
_CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
"""A span of code as CommonMark defines it: runs of equally many backticks around a text."""
_MARK = re.compile(r"[\\`*\[\]<>$~&|]|(?<!\w)_|_(?!\w)|:(?=[a-zA-Z])|^[#+=-]|(?<=^\d)[.)]|(?<=^\d\d)[.)]")
"""Characters that mean something in Streamlit's Markdown. An underscore within a word does not."""
_FOUND_LATER = re.compile(
    r"(?<=http:)(?=//)|(?<=https:)(?=//)|(?<=www)(?=\.)|(?<=[\w.+-])(?=@)"  # addresses
    r"|(?<=:)(?=[\w/+-]+:)"  # icons and emojis
    r"|(?<=\s[<~>-])(?=[=>-]+(?:\s|$))|(?<=^[<~>-])(?=[=>-]+(?:\s|$))",  # arrows and signs of relations
    re.IGNORECASE,
)
"""Places in which a text is broken, so that it does not become what Streamlit finds in plain text."""
_ICON = re.compile("(?<=:)(?=material/)")
"""The beginning of an icon's name, which Streamlit rewrites in spans of code too."""
_WORD_JOINER = "\u2060"


def inert(sentence: str) -> str:
    r"""The sentence as Markdown that shows it as it is, on one line; only backticks keep their meaning, which is code.

    >>> inert("Expected `r1`, got ![p](a.b/c.png)")
    'Expected `r1`, got !\\[p\\](a.b/c.png)'
    """
    line = _line(sentence)
    pieces, end = [], 0
    for span in _CODE.finditer(line):
        pieces += [_escaped(line[end : span.start()]), _ICON.sub(_WORD_JOINER, span.group())]
        end = span.end()
    return "".join([*pieces, _escaped(line[end:])])


def inert_name(name: str) -> str:
    r"""The name as Markdown that shows it as it is, backticks too.

    >>> inert_name("a `b` *c*")
    'a \\`b\\` \\*c\\*'
    """
    return _escaped(_line(name))


def _line(text: str) -> str:
    """The text on one line, not too long, every character of it seen."""
    line = _UNSEEN.sub("\ufffd", " ".join(text.split()))
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."


def _escaped(text: str) -> str:
    return _MARK.sub(r"\\\g<0>", _FOUND_LATER.sub(_WORD_JOINER, text))
