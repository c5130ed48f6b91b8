"""A link is untrusted text and is checked; a scene that is written to a link is read back unchanged."""

from __future__ import annotations

from dataclasses import fields, is_dataclass

from hypothesis import given
from hypothesis import strategies as some

from pages.overview.scene_cards import SCENES
from pages.session import scene_parts, scene_playing
from pages.session.links import parse_scene, scene_parameters
from pages.session.scene import FIELDS, PARTS, Scene
from pages.session.scene_parts import DTYPES, PAPER_TABLES, SPLITS, ChooseBy
from tensorllm_core.experiments.published_tables import CELLS
from tensorllm_core.types import Layout, Ranks

WHOLE = {"min_value": 0, "max_value": 9999}
FIELD_VALUES = {
    "model": some.text(some.characters(codec="ascii", categories=("L", "N", "P")), min_size=1, max_size=30),
    "layer": some.integers(**WHOLE),
    "layout": some.sampled_from(Layout),
    "group": some.integers(0, 999),
    "tab": some.sampled_from(["", "Weights", "Margins", "Download"]),
    "present": some.booleans(),
    "device": some.sampled_from(["auto", "cpu", "cuda:1", "spread"]),
    "dtype": some.sampled_from(DTYPES),
    "by": some.sampled_from(ChooseBy),
    "r1": some.integers(1, 9999),
    "r2": some.integers(1, 9999),
    "r3": some.integers(1, 9999),
    "error": some.floats(0, 1),
    "ratio": some.floats(0.01, 1e6),
    "tied": some.booleans(),
    "refine": some.booleans(),
    "layers": some.sampled_from([(), ("all",), ("2",), ("0", "2-3")]),
    "benchmark": some.sampled_from([(), ("world-hop",), ("own file", "fever")]),
    "split": some.sampled_from(SPLITS),
    "sample": some.integers(**WHOLE),
    "template": some.sampled_from(["", "{question}?"]),
    "chat": some.booleans(),
    "new_tokens": some.integers(1, 9999),
    "view": some.sampled_from(["1", "3", "Q", "O2"]),
    "part": some.sampled_from(["Q", "V", "O2"]),
    "pins": some.sampled_from([(), (Ranks(16, 8, 4),), (Ranks(1, 1, 1), Ranks(768, 64, 4))]),
    "absolute": some.booleans(),
    "plain": some.booleans(),
    "fixed_ratio": some.floats(1, 1e6),
    "mode": some.integers(1, 3),
    "alike": some.booleans(),
    "controls": some.booleans(),
    "chosen_on": some.sampled_from(["", *SPLITS]),
    "scan_ratio": some.floats(0, 1e6),
    "methods": some.sampled_from([(), ("tensorllm",), ("tensorllm", "laser")]),
    "budget": some.floats(1.001, 1e6),
    "budgets": some.lists(some.floats(1.001, 1e6), min_size=1, max_size=5, unique=True).map(
        lambda ratios: tuple(sorted(ratios))
    ),
    "first": some.sampled_from(["", "laser", "original"]),
    "second": some.sampled_from(["", "hybrid"]),
    "table": some.sampled_from(PAPER_TABLES),
    "cell": some.sampled_from([f"{model}-{benchmark}" for model, benchmark in CELLS]),
    "variant": some.sampled_from(["", "1", "3", "Q", "all"]),
    "triple": some.integers(1, 99),
    "cell_layer": some.none() | some.integers(**WHOLE),
    "show": some.sampled_from(["", "own"]),
    "at": some.integers(0, 999),
    "rehearse": some.booleans(),
    "tour": some.integers(0, 9),
}
SCENE = some.fixed_dictionaries(FIELD_VALUES).map(lambda values: Scene().with_fields(**values))


def test_every_part_is_in_the_scene() -> None:
    declared = {kind for file in (scene_parts, scene_playing) for kind in vars(file).values() if is_dataclass(kind)}
    assert set(PARTS.values()) == declared


def test_every_field_of_every_part_is_tried_here_and_has_a_name_of_its_own() -> None:
    assert set(FIELD_VALUES) == set(FIELDS)
    declared = [each.name for kind in (Scene, *PARTS.values()) for each in fields(kind) if each.name not in PARTS]
    # The name of a screen's part may be that of a parameter, as `layers` is: parts stand in no link.
    assert len(set(declared)) == len(declared)


@given(SCENE)
def test_a_scene_survives_its_link(scene: Scene) -> None:
    assert parse_scene(scene_parameters(scene)) == (scene, ())


@given(some.dictionaries(some.sampled_from([*FIELDS, "zzz"]), some.text(max_size=500)))
def test_any_text_gives_a_scene_and_single_sentences(parameters: dict[str, str]) -> None:
    scene, notices = parse_scene(parameters)
    assert scene.layer >= 0
    assert scene.ranks.chosen is None or min(scene.ranks.chosen) >= 1
    assert 0 <= scene.ranks.error <= 1
    for notice in notices:
        assert "\n" not in notice.strip() or any("\n" in text for text in parameters.values())


def test_ranks_that_are_no_positive_numbers_are_refused_in_one_sentence() -> None:
    for text in ("0", "-3", "abc", "", "1.5", "٣", "99999999999"):
        scene, notices = parse_scene({"r1": text, "r2": "2", "r3": "1"})
        assert scene.ranks.chosen is None
        assert len(notices) == 1
        assert f"got `{text}`" in notices[0]


def test_some_ranks_without_the_others_are_refused_in_one_sentence() -> None:
    scene, notices = parse_scene({"r1": "4"})
    assert scene.ranks.chosen is None
    assert len(notices) == 1


def test_an_unknown_layout_layer_or_way_of_choosing_keeps_its_default() -> None:
    scene, notices = parse_scene({"layout": "zzz", "layer": "-1", "by": "luck", "error": "nan", "ratio": "inf"})
    assert scene == Scene()
    assert len(notices) == 5


def test_every_scene_worth_seeing_survives_its_link() -> None:
    for card in SCENES:
        assert parse_scene(scene_parameters(card.scene)) == (card.scene, ())
