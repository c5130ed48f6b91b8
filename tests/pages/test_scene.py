"""A link is untrusted text: what it says is checked, and a scene survives the way into a link and back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from pages.overview.scene_cards import SCENES
from pages.session.compare_links import budgets_text
from pages.session.links import parse_scene, scene_parameters
from pages.session.scene import PAPER_TABLES, ChooseBy, Scene
from tensorllm_core.experiments.published_tables import CELLS
from tensorllm_core.types import Layout

SCENE = some.builds(
    Scene,
    model=some.text(some.characters(codec="ascii", categories=("L", "N", "P")), min_size=1, max_size=30),
    layer=some.integers(0, 9999),
    layout=some.sampled_from(Layout),
    by=some.sampled_from(ChooseBy),
    r1=some.integers(1, 9999),
    r2=some.integers(1, 9999),
    r3=some.integers(1, 9999),
    error=some.floats(0, 1),
    ratio=some.floats(0.01, 1e6),
    tied=some.booleans(),
    refine=some.booleans(),
    group=some.integers(0, 999),
    view=some.sampled_from(["1", "3", "Q", "O2"]),
    part=some.sampled_from(["Q", "V", "O2"]),
    tab=some.sampled_from(["", "Weights"]),
    present=some.booleans(),
    fixed_ratio=some.floats(1, 1e6),
    mode=some.integers(1, 3),
    alike=some.booleans(),
    table=some.sampled_from(PAPER_TABLES),
    cell=some.sampled_from([f"{model}-{benchmark}" for model, benchmark in CELLS]),
    variant=some.sampled_from(["", "1", "3", "Q", "all"]),
    triple=some.integers(1, 99),
    cell_layer=some.none() | some.integers(0, 9999),
    methods=some.sampled_from(["", "tensorllm", "tensorllm,laser"]),
    budget=some.floats(1.001, 1e6),
    budgets=some.lists(some.floats(1.001, 1e6), min_size=1, max_size=5, unique=True).map(
        lambda ratios: budgets_text(tuple(sorted(ratios)))
    ),
    first=some.sampled_from(["", "laser", "original"]),
    second=some.sampled_from(["", "hybrid"]),
)


@given(SCENE)
def test_a_scene_survives_its_link(scene: Scene) -> None:
    assert parse_scene(scene_parameters(scene)) == (scene, ())


@given(some.dictionaries(some.sampled_from([*Scene.__dataclass_fields__, "zzz"]), some.text(max_size=500)))
def test_any_text_gives_a_scene_and_single_sentences(parameters: dict[str, str]) -> None:
    scene, notices = parse_scene(parameters)
    assert scene.layer >= 0
    assert scene.ranks is None or min(scene.ranks) >= 1
    assert 0 <= scene.error <= 1
    for notice in notices:
        assert "\n" not in notice.strip() or any("\n" in text for text in parameters.values())


def test_ranks_that_are_no_positive_numbers_are_refused_in_one_sentence() -> None:
    for text in ("0", "-3", "abc", "", "1.5", "٣", "99999999999"):
        scene, notices = parse_scene({"r1": text, "r2": "2", "r3": "1"})
        assert scene.ranks is None
        assert len(notices) == 1
        assert f"got `{text}`" in notices[0]


def test_some_ranks_without_the_others_are_refused_in_one_sentence() -> None:
    scene, notices = parse_scene({"r1": "4"})
    assert scene.ranks is None
    assert len(notices) == 1


def test_an_unknown_layout_layer_or_way_of_choosing_keeps_its_default() -> None:
    scene, notices = parse_scene({"layout": "zzz", "layer": "-1", "by": "luck", "error": "nan", "ratio": "inf"})
    assert scene == Scene()
    assert len(notices) == 5


def test_every_scene_worth_seeing_survives_its_link() -> None:
    for card in SCENES:
        assert parse_scene(scene_parameters(card.scene)) == (card.scene, ())
