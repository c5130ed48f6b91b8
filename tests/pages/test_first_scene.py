"""The sentence about the first scene: its figures are those that the screens show, and it leaves when it should."""

from __future__ import annotations

import re

from pages.controls.first_scene import FIRST_SCENE
from tests.pages.visits import drawn, value, visit

NOTE = "an error of 87"


def notes(app) -> list[str]:
    return [text.value for text in app.markdown if NOTE in text.value]


def test_the_figures_of_the_sentence_are_those_that_the_screens_show() -> None:
    error, after, before = map(int, re.findall(r"(\d+)%", FIRST_SCENE))
    assert round(100 * float(value(visit(), "Relative error"))) == error
    answered = visit("reasoning", layers="all", sample="0", controls="0")
    shares = [round(float(share)) for share in re.findall(r"([\d.]+)%", value(answered, "Accuracy"))]
    assert shares == [before, after]


def test_the_note_stands_on_the_first_scene_alone_and_can_be_dismissed() -> None:
    app = visit()
    assert len(notes(app)) == 1
    next(button for button in app.button if button.label == "Dismiss").click()
    drawn(app)
    assert notes(app) == []
    assert notes(visit(layer="2")) == []
    assert notes(visit(r1="12", r2="6", r3="4")) == []
    assert notes(visit(present="1")) == []
    assert notes(visit("heads")) == []
