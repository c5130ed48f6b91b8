"""Words of others, in names and files, reach the screen as they are, and no image in them is fetched."""

from __future__ import annotations

import re
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.work.plain_text import inert, inert_name
from tensorllm_core.models.bundled_models import bundled_folder
from tests.pages.hostile import without_code
from tests.pages.visits import visit

PIXEL = "![p](http://evil.test/p.png)"
HOSTILE = (
    PIXEL,
    f"`{PIXEL}`",
    f"``{PIXEL}`",
    f"\\`{PIXEL}`",
    f"a`b`{PIXEL}`c",
    "<img src=x>",
    ":red[x] *a* _b_ $c$ ~~d~~",
)
ALIVE = re.compile(r"(?<!\\)(?:\\\\)*[\[\]<>*$~`]")


@pytest.mark.parametrize("text", HOSTILE)
def test_only_code_is_alive_in_a_sentence_and_nothing_in_a_name(text):
    for around in ("{}", "Expected `x`, got `{}`; do.", "got {} twice {}\n# x"):
        assert not ALIVE.search(without_code(inert(around.format(text, text))))
    assert not ALIVE.search(inert_name(text))


@given(st.text(alphabet="`\\\\![](a)*_ \n", max_size=30))
def test_no_mixture_of_marks_is_alive(text):
    assert not ALIVE.search(without_code(inert(text)))
    assert not ALIVE.search(inert_name(text))


def test_an_image_in_the_name_of_a_model_is_text():
    app = visit("overview", model=f"`{PIXEL}`")
    sent = app.warning[0].value
    assert "evil.test" in sent
    assert not ALIVE.search(without_code(sent))


def test_the_title_of_a_model_from_a_path_is_its_last_part(tmp_path):
    folder = tmp_path / "long_way" / "*my* model"
    shutil.copytree(bundled_folder("demo-decoder"), folder)
    title = next(each for each in visit("overview", model=str(folder)).markdown if "parameters in" in each.value)
    assert title.value.startswith(r"#### \*my\* model: ")
    assert "long_way" in title.help
