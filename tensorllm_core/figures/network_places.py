"""Where the nodes of a tensor network stand: a star around its centre, or a row; networks one below the other.

A star has three nodes around its centre, a row has one or two.

Lengths are in the drawing's own unit, about one pixel where it is 300 wide and 220 high; y points up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tensorllm_core.errors import RequestError
from tensorllm_core.figures.network_pattern import Network, Node

__all__ = ["DRAWING_SIZE", "Place", "leg_end", "place_networks"]

DRAWING_SIZE = (300.0, 220.0)
"""Width and height of the drawing."""

_FOOT = 22.0
"""Height that the key at the bottom takes."""

_STAR, _SMALL_STAR, _ROW = 152.0, 93.0, 46.0
_STAR_RADIUS, _ROW_RADIUS, _DOT_RADIUS = 17.0, 13.0, 5.0


@dataclass(frozen=True)
class Place:
    """Where a node stands and where its legs point; `node` is None for an index in which several nodes meet."""

    node: Node | None
    x: float
    y: float
    radius: float
    outwards: tuple[int, int]
    in_row: bool


def place_networks(networks: Sequence[Network]) -> tuple[tuple[Place, ...], ...]:
    """The places of every network's nodes, in the order of the networks, its centre first.

    Raises:
        RequestError: the networks need more height than the drawing has.
    """
    # A star that has a title, or stands with another star, is a row with its third node below the centre.
    stars = [network for network in networks if _is_star(network)]
    is_small = len(stars) > 1 or any(star.title for star in stars)
    heights = [(_SMALL_STAR if is_small else _STAR) if _is_star(network) else _ROW for network in networks]
    room = DRAWING_SIZE[1] - _FOOT
    if sum(heights) > room:
        raise RequestError(
            f"Expected networks with room in one diagram (four rows, a star and a row, or two small stars), got "
            f"{len(networks)} with {len(stars)} stars; join some of them."
        )
    y = DRAWING_SIZE[1] - (room - sum(heights)) / 2
    places = []
    for network, height in zip(networks, heights, strict=True):
        places.append(_star(network, y) if _is_star(network) and not is_small else _row(network, y))
        y -= height
    return tuple(places)


def leg_end(place: Place) -> tuple[float, float]:
    """Where an open leg of that node ends."""
    if place.outwards == (0, 1):
        return place.x, place.y + place.radius + (14 if place.in_row else 26)
    if place.outwards == (-1, 0):
        return (44.0 if place.in_row else 6.0), place.y
    return min(DRAWING_SIZE[0] - 6, place.x + place.radius + 70), place.y


def _is_star(network: Network) -> bool:
    return len(network.around) > 2


def _star(network: Network, top: float) -> tuple[Place, ...]:
    middle = top - 66
    spots = ((86.0, middle, (-1, 0)), (216.0, middle, (1, 0)), (150.0, middle - 62, (1, 0)))
    return _placed(network, (150.0, middle), spots, _STAR_RADIUS, in_row=False)


def _row(network: Network, top: float) -> tuple[Place, ...]:
    middle = top - 29
    spots = ((117.0, middle, (-1, 0)), (225.0, middle, (1, 0)), (170.0, middle - 44, (1, 0)))
    return _placed(network, (170.0, middle), spots, _ROW_RADIUS, in_row=True)


def _placed(
    network: Network,
    centre: tuple[float, float],
    spots: Sequence[tuple[float, float, tuple[int, int]]],
    radius: float,
    *,
    in_row: bool,
) -> tuple[Place, ...]:
    middle = network.centre
    places = [Place(middle, *centre, radius if middle else _DOT_RADIUS, (0, 1), in_row)]
    for node, (x, y, outwards) in zip(network.around, spots, strict=False):
        places.append(Place(node, x, y, radius, outwards, in_row))
    standing = {place.node for place in places}
    for node in network.nodes:
        if node not in standing:
            # A node that is joined to a neighbour only stands above it.
            anchor = next(place for place in places[1:] if place.node and set(place.node.indices) & set(node.indices))
            places.append(Place(node, anchor.x, anchor.y + 54, radius * 0.85, anchor.outwards, in_row))
    return tuple(places)
