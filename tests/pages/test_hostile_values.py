"""Whatever a link, a model's folder or a widget says, the screens show it as text."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from pages.frame.navigation import PAGES
from pages.session.links import parse_scene
from pages.session.scene import FIELDS
from pages.work.plain_text import inert, inert_name
from tensorllm_core.benchmarks.own_file import read_own_file
from tensorllm_core.models.bundled_models import bundled_folder
from tests.models.broken_models import change_config
from tests.pages.hostile import HOSTILE, alive, markdown_of
from tests.pages.visits import sentences, type_model, visit

SCREENS = tuple(PAGES)
FEW = {"model": "demo-decoder", "sample": "3", "methods": "tensorllm,separate", "budgets": "8", "controls": "0"}
"""So that asking takes no time. After a model that does not open, nothing else of a link is shown."""


def test_every_hostile_text_is_alive_by_itself() -> None:
    asleep = [text for text in HOSTILE if not alive(text)]
    assert asleep == ["`![evil](http://evil.test/p.png)`"], "a span of code is text"


@pytest.mark.parametrize("text", HOSTILE)
def test_none_is_alive_in_a_sentence_or_as_a_name(text: str) -> None:
    for around in ("{}", "Expected `x`, got `{}`; do.", "got {} twice {}\n# x", "{} and {}", "(“{}”)"):
        assert alive(inert(around.format(text, text))) == []
    assert alive(inert_name(text)) == []


@pytest.mark.parametrize("name", FIELDS)
def test_none_is_alive_in_what_is_said_of_any_parameter(name: str) -> None:
    for text in HOSTILE:
        _, notices = parse_scene({name: text})
        assert [alive(inert(notice)) for notice in notices if alive(inert(notice))] == []


def test_no_screen_shows_one_that_is_alive() -> None:
    for number, text in enumerate(HOSTILE):
        # Over all visits every parameter has had every text; the model gets them below, in its box.
        parameters = {name: HOSTILE[(number + place) % len(HOSTILE)][:500] for place, name in enumerate(FIELDS)}
        app = visit(SCREENS[number % len(SCREENS)], **parameters | FEW | {"template": text[:500]})
        assert not app.exception
        assert "evil" in "".join(sentences(app)), "it is said what could not be read"
        assert [shown for shown in markdown_of(app) if alive(shown)] == []


def test_none_is_alive_in_the_path_of_a_model_and_in_what_is_said_of_its_files(tmp_path: Path) -> None:
    name = " ".join(text for text in HOSTILE if text.isprintable() and "/" not in text and len(text) < 100)
    folder = shutil.copytree(bundled_folder("demo-decoder"), tmp_path / name)
    for screen in ("overview", "decompose", "compare"):
        app = visit(screen, model=str(folder), layer="1", benchmark="world-hop")
        assert not app.exception
        assert not app.warning
        assert [shown for shown in markdown_of(app) if alive(shown)] == []
    for field, value in (("model_type", name), ("transformers_weights", name), ("hidden_size", HOSTILE[0])):
        broken = shutil.copytree(folder, tmp_path / field)
        change_config(broken, **{field: value})
        app = visit(model=str(broken))
        assert "evil" in sentences(app)[0]
        assert [shown for shown in markdown_of(app) if alive(shown)] == []


def test_none_is_alive_that_is_typed_into_a_widget() -> None:
    app = visit("reasoning", layers="0,2", sample="3", controls="0")
    for text in HOSTILE:
        next(field for field in app.text_input if field.label.startswith("Layers")).set_value(text)
        app.text_input("template widget").set_value(text)
        type_model(app, text)
        assert not app.exception
        assert "evil" in "".join(sentences(app))
        assert [shown for shown in markdown_of(app) if alive(shown)] == []


def test_none_is_alive_in_what_is_said_of_a_file_of_questions() -> None:
    rows = [{"question": text, "answer": text, "choices": ["other"], text: text} for text in HOSTILE]
    content = "\n".join(map(json.dumps, [*rows, {"question": "q", "answer": "a"}])).encode()
    own = read_own_file(f"{HOSTILE[0]}.jsonl", content)
    assert own.left_out
    assert [alive(inert(sentence)) for sentence in own.left_out if alive(inert(sentence))] == []
