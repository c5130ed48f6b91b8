"""A tensor network is read as it is written, stands clear of itself, and is drawn in the colours of its modes."""

from __future__ import annotations

import math
from itertools import combinations

import plotly.graph_objects as go
import pytest

from tensorllm_core.errors import RequestError
from tensorllm_core.figures.network import network_diagram
from tensorllm_core.figures.network_pattern import Bond, Kept, Leg, read_networks
from tensorllm_core.figures.network_places import DRAWING_SIZE, leg_end, place_networks
from tensorllm_core.figures.theme import Canvas
from tensorllm_core.methods.registry import METHODS
from tests.figures.canvases import BOTH, LIGHT, enlarged

TUCKER = "G*(r1 r2 r3 head) U1+(d_model r1) U2+(d_head r2) U3+(part r3)"
SUM_OF_TERMS = "A+(d_ff r) B+(d_model r) C+(matrix r)"
TITLE_WIDTH = 36.0
"""Width of the longest title, about, in the drawing's unit."""
SINGULAR = "S(r) U(d_model r) V(all_heads r)"


def diagram(pattern: str, canvas: Canvas = LIGHT, **options) -> go.Figure:
    return network_diagram(read_networks(pattern), canvas, **options)


def lines(figure: go.Figure, index: str) -> list[go.Scatter]:
    return [trace for trace in figure.data if trace.name == index]


def texts(figure: go.Figure) -> list[str]:
    return [text.text for text in figure.layout.annotations]


def hovers(figure: go.Figure) -> list[str]:
    return [text for text in figure.data[-1].hovertext if text]


def test_an_index_of_two_nodes_is_a_bond_and_that_of_one_a_leg():
    (network,) = read_networks(TUCKER)
    assert network.bonds == (Bond("r1", ("G", "U1")), Bond("r2", ("G", "U2")), Bond("r3", ("G", "U3")))
    assert network.legs == (Leg("head", "G"), Leg("d_model", "U1"), Leg("d_head", "U2"), Leg("part", "U3"))
    assert [node.kept for node in network.nodes] == [Kept.PRIVATE, Kept.SHARED, Kept.SHARED, Kept.SHARED]
    assert network.centre is network.nodes[0]


def test_where_three_nodes_have_an_index_they_meet_in_a_dot_or_in_what_weighs_its_terms():
    (terms,) = read_networks(SUM_OF_TERMS)
    assert terms.meeting == Bond("r", ("A", "B", "C"))
    assert terms.centre is None
    assert terms.around == terms.nodes
    (singular,) = read_networks(SINGULAR)
    assert singular.centre is not None
    assert singular.centre.name == "S"
    assert [node.name for node in singular.around] == ["U", "V"]


def test_networks_with_nothing_in_common_have_their_titles():
    networks = read_networks(f"Q: {SINGULAR}; K: {SINGULAR}")
    assert [network.title for network in networks] == ["Q", "K"]
    assert networks[0].nodes == networks[1].nodes


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("", "got ``"),
        ("U1 d_model", "got `U1 d_model`"),
        ("G(r1) U1(d_model r1) and more", "got `G"),
        ("G(r1) G(d_model r1)", "one twice"),
        ("G(a b c d) A(a) B(b) C(c) D(d)", "got 4"),
    ],
)
def test_a_pattern_that_cannot_be_drawn_is_refused_with_what_to_do(pattern, words):
    with pytest.raises(RequestError, match="Expected") as error:
        read_networks(pattern)
    assert words in str(error.value)


@pytest.mark.parametrize(
    "pattern",
    [
        *dict.fromkeys(method.lesson.network for method in METHODS.values()),
        f"QK: {TUCKER}; VO: {TUCKER}",
        f"all: {TUCKER}",
        f"{TUCKER}; FFN: {SINGULAR}",
        "; ".join([SINGULAR] * 4),
    ],
)
def test_nodes_stand_inside_and_clear_of_each_other_and_of_the_title(pattern):
    networks = read_networks(pattern)
    for group, network in zip(place_networks(networks), networks, strict=True):
        if network.title:
            assert min(leg_end(place)[0] for place in group) > TITLE_WIDTH
    places = [place for group in place_networks(networks) for place in group]
    assert len([place for place in places if place.node]) == sum(len(network.nodes) for network in networks)
    for place in places:
        for x, y in ((place.x, place.y + place.radius), (place.x, place.y - place.radius), leg_end(place)):
            assert 0 <= x <= DRAWING_SIZE[0]
            assert 0 <= y <= DRAWING_SIZE[1]
    for one, other in combinations(places, 2):
        assert math.dist((one.x, one.y), (other.x, other.y)) > one.radius + other.radius + 4


@pytest.mark.parametrize(
    "pattern", ["; ".join([TUCKER] * 3), f"{TUCKER}; {SINGULAR}; {SINGULAR}", "; ".join([SINGULAR] * 5)]
)
def test_networks_without_room_are_refused_with_what_to_do(pattern):
    with pytest.raises(RequestError, match="join some of them"):
        diagram(pattern)


@pytest.mark.parametrize("canvas", BOTH)
@pytest.mark.parametrize("name", METHODS)
def test_every_method_draws_the_same_each_time_on_both_grounds(name, canvas):
    figure = diagram(METHODS[name].lesson.network, canvas)
    assert figure.layout.font.color == canvas.look.ink
    assert figure.to_json() == diagram(METHODS[name].lesson.network, canvas).to_json()


@pytest.mark.parametrize("canvas", BOTH)
def test_modes_keep_their_colours_and_the_heads_are_neutral(canvas):
    figure, colours = diagram(TUCKER, canvas), canvas.look
    for mode, (rank, axis) in enumerate((("r1", "d_model"), ("r2", "d_head"), ("r3", "part"))):
        for index in (rank, axis):
            (line,) = lines(figure, index)
            assert line.line.color == colours.modes[mode]
    (head,) = lines(figure, "head")
    assert head.line.color == colours.muted


def test_a_bond_has_the_colour_of_its_factor_and_an_index_that_joins_all_has_none():
    core = "G+(r1 r2 r3) A+(d_ff r1) B+(d_model r2) C+(matrix r3)"
    colours = [lines(diagram(core), rank)[0].line.color for rank in ("r1", "r2", "r3")]
    assert colours == [LIGHT.look.muted, LIGHT.look.modes[0], LIGHT.look.modes[2]]
    assert {line.line.color for line in lines(diagram(SUM_OF_TERMS), "r")} == {LIGHT.look.muted}


def test_open_legs_are_thicker_than_bonds():
    figure = diagram(TUCKER)
    assert lines(figure, "d_model")[0].line.width > lines(figure, "r1")[0].line.width


def test_shared_nodes_are_filled_and_ringed_and_private_ones_a_stack():
    figure = diagram(TUCKER)
    copies, rings, front = figure.data[-3:]
    # The core, three factors, and the ring of the key.
    assert len(front.x) == 5
    assert front.marker.color[:4] == (LIGHT.look.ground, *LIGHT.look.modes)
    assert len(rings.x) == 4
    # Two copies behind the core, and three in the key.
    assert len(copies.x) == 5
    assert copies.x[1] > front.x[0]
    assert "shared by all heads" in texts(figure)
    assert "one per head" in texts(figure)


def test_the_key_names_only_what_is_there():
    assert not [text for text in texts(diagram(SINGULAR)) if "shared" in text or "one per" in text]
    terms = texts(diagram(SUM_OF_TERMS, shared_by="all matrices"))
    assert "shared by all matrices" in terms
    assert not [text for text in terms if "one per" in text]


def test_random_factors_have_the_ring_of_their_mode_and_no_colour_inside():
    figure = diagram(TUCKER.replace("+", "~"))
    front = figure.data[-1]
    assert front.marker.color[1:4] == (LIGHT.look.muted,) * 3
    assert [front.marker.line.color[n] for n in (1, 2, 3)] == list(LIGHT.look.modes)
    assert "random, shared by all heads" in texts(figure)


def test_a_factor_that_is_shared_stands_there_once():
    assert [hover.partition(":")[0] for hover in hovers(diagram(TUCKER))] == ["G", "U1", "U2", "U3"]
    each = hovers(diagram(METHODS["separate"].lesson.network))
    assert len([hover for hover in each if hover.startswith("U1:")]) == 4


def test_an_index_that_joins_three_nodes_has_a_line_to_each():
    assert len(lines(diagram(SUM_OF_TERMS), "r")) == 3
    assert len(lines(diagram(SINGULAR), "r")) == 2


def test_letters_stand_on_the_lines_or_numbers_where_they_are_given():
    letters = texts(diagram(TUCKER))
    assert {"R<sub>1</sub>", "R<sub>2</sub>", "R<sub>3</sub>", "<b>d_model</b>", "<b>head</b>"} <= set(letters)
    figure = diagram(TUCKER, sizes={"r1": 16, "d_model": 4096, "head": 8})
    assert {"16", "4,096", "<b>head</b> 8", "R<sub>2</sub>"} <= set(texts(figure))
    assert "U1: 4096 x 16, shared" in hovers(figure)


def test_rows_that_repeat_are_labelled_once_and_have_the_colour_of_their_part():
    figure = diagram(METHODS["laser-attention"].lesson.network)
    assert texts(figure).count("<b>d_model</b>") == 1
    titles = {text.text: text.font.color for text in figure.layout.annotations}
    assert {titles[f"<b>{part}</b>"] for part in "QKVO"} == set(LIGHT.look.parts.values())


def test_type_grows_with_the_scale():
    small, large = diagram(TUCKER), diagram(TUCKER, enlarged(LIGHT))
    assert large.layout.annotations[0].font.size == pytest.approx(1.3 * small.layout.annotations[0].font.size)
