"""The live picture of the front door: one head of a bundled model, rebuilt while the number of directions grows.

This module imports nothing large, so that the picture moves before the libraries are loaded: it was computed ahead, by
`python -m tensorllm_core.demo picture`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from pages.frame.own_component import own_component
from tensorllm_core.figures.looks import Appearance, look
from tensorllm_core.storage.own_text import own_text

__all__ = ["CAPTION", "head_picture"]

_HEAD = Path(__file__).parents[2] / "assets" / "front-door" / "head.json"
_STILL_AT = 3
"""Directions of the picture for a visitor who asks for no motion."""

_PICTURE = own_component(__file__, "head_picture")

CAPTION = (
    "The query weights of one head of `demo-decoder`, a small trained model. Orange weights are negative, blue ones "
    "positive; rows and columns are sorted by the first direction. The bars are the singular values."
)


def head_picture(on_drawn: Callable[[], None]) -> None:
    """Draw the picture; `on_drawn` is called when it stands on the screen."""
    _PICTURE(
        data={
            "head": json.loads(own_text(_HEAD)),
            "scales": {each.value: look(each).signed_scale for each in Appearance},
            "stillAt": _STILL_AT,
        },
        key="head picture",
        on_drawn_change=on_drawn,
    )
