"""A tensor network diagram: circles and boxes for factors and cores, lines for what is summed, legs for what is not."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import plotly.graph_objects as go

from tensorllm_core.figures.network_marks import Mark, markers, stack
from tensorllm_core.figures.network_pattern import Kept, Network, Node
from tensorllm_core.figures.network_places import DRAWING_SIZE, Place, leg_end, place_networks
from tensorllm_core.figures.theme import Canvas, Look, draw

__all__ = ["network_diagram"]

_MODE_OF = {"d_model": 0, "d_head": 1, "part": 2, "matrix": 2}
_COPY = 3.5
"""How far apart the copies of a stack are, in the unit of the drawing."""


def network_diagram(
    networks: Sequence[Network],
    canvas: Canvas,
    *,
    sizes: Mapping[str, int] | None = None,
    shared_by: str = "all heads",
    one_per: str = "head",
) -> go.Figure:
    """Networks one below the other; each mode's lines and factors in its colour, heads and cores neutral.

    A node that is shared stands there once, filled and ringed (grey where it is random); a private one is a stack.

    Args:
        sizes: lengths of indices: written on bonds instead of their letters, and beside the names of legs.
        shared_by: who shares the ringed nodes, for the key.
        one_per: what the stacks have a copy for.
    """
    drawing = _Drawing(canvas.look, sizes or {}, canvas.scale)
    labels: set[tuple[str, ...]] = set()
    for network, places in zip(networks, place_networks(networks), strict=True):
        open_indices = tuple(leg.index for leg in network.legs)
        # A network with the same open indices as one above needs no labels of its own.
        drawing.add(network, places, labelled=open_indices not in labels)
        labels.add(open_indices)
    drawing.add_key(networks, shared_by, one_per)
    width, depth = DRAWING_SIZE
    plain = {"visible": False, "fixedrange": True, "constrain": "domain"}
    return draw(
        drawing.traces(),
        canvas,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        dragmode=False,
        annotations=drawing.texts,
        xaxis={**plain, "range": [0, width]},
        yaxis={**plain, "range": [0, depth], "scaleanchor": "x"},
    )


class _Drawing:
    """Lines, nodes and texts as they come together."""

    def __init__(self, colours: Look, sizes: Mapping[str, int], scale: float) -> None:
        self.colours, self.sizes, self.scale = colours, sizes, scale
        self.lines: list[go.Scatter] = []
        self.copies: list[Mark] = []
        self.nodes: list[Mark] = []
        self.texts: list[dict[str, Any]] = []

    def add(self, network: Network, places: Sequence[Place], *, labelled: bool) -> None:
        """Draw one network; if it is `labelled`, with the names of its indices."""
        of = {place.node.name: place for place in places if place.node}
        middle = places[0]
        for bond in network.bonds:
            if len(bond.nodes) > 2:
                ends = [(middle, of[name]) for name in bond.nodes if of[name] is not middle]
            else:
                ends = [(of[bond.nodes[0]], of[bond.nodes[1]])]
            # A bond belongs to the factor at its end; an index that joins them all, to none.
            outer = next(node for node in network.nodes if node.name == bond.nodes[-1])
            colour = self.colours.muted if len(bond.nodes) > 2 else self._colour(outer.indices[0])
            for start, end in ends:
                self._bond(bond.index, start, end, colour, labelled=labelled)
        for leg in network.legs:
            self._leg(leg.index, of[leg.node], labelled=labelled)
        for place in places:
            self._node(place, is_core=place is middle and len(network.around) > 1)
        if network.title:
            self._text(8.0, middle.y, f"<b>{network.title}</b>", self._title_colour(network.title), xanchor="left")

    def add_key(self, networks: Sequence[Network], shared_by: str, one_per: str) -> None:
        """Say what a ring and a stack mean, where there are any."""
        kinds = {node.kept for network in networks for node in network.nodes}
        ink = self.colours.muted
        if kinds & {Kept.SHARED, Kept.RANDOM}:
            self.nodes.append(Mark(14.0, 9.0, 7.0, ink, ink, width=1.5, ring=13.0))
            words = f"random, shared by {shared_by}" if Kept.RANDOM in kinds else f"shared by {shared_by}"
            self._text(24.0, 9.0, words, ink, xanchor="left", size=11.0)
        if Kept.PRIVATE in kinds:
            front = Mark(203.0, 8.0, 9.0, self.colours.ground, ink, "square", width=1.2)
            self.copies += [*stack(front, 2.0, 2), front]
            self._text(215.0, 9.0, f"one per {one_per}", ink, xanchor="left", size=11.0)

    def traces(self) -> list[go.Scatter]:
        """Everything but the texts, from the back to the front."""
        rings = [replace(mark, size=mark.ring, fill="rgba(0,0,0,0)") for mark in self.nodes if mark.ring]
        return [*self.lines, markers(self.copies), markers(rings), self._front()]

    def _bond(self, index: str, start: Place, end: Place, colour: str, *, labelled: bool) -> None:
        self._line(index, (start.x, start.y), (end.x, end.y), colour, width=2)
        if not labelled:
            return
        # The name stands in the middle of the visible part of the line.
        length = abs(end.x - start.x) + abs(end.y - start.y)
        share = (_reach(start, end) + length - _reach(end, start)) / 2 / length
        x, y = start.x + share * (end.x - start.x), start.y + share * (end.y - start.y)
        beside = {"xanchor": "left", "xshift": 3} if end.x == start.x else {"yanchor": "bottom", "yshift": 0}
        self._text(x, y, self._words(index), colour, size=11.0, **beside)

    def _leg(self, index: str, place: Place, *, labelled: bool) -> None:
        (x, y), colour = leg_end(place), self._colour(index)
        self._line(index, (place.x, place.y), (x, y), colour, width=4)
        if not labelled:
            return
        name = f"<b>{_letters(index)}</b>"
        size = f"{self.sizes[index]:,}" if index in self.sizes else ""
        across, _ = place.outwards
        if not across:
            self._text(x, y, f"{name} {size}".strip(), colour, xanchor="left", yanchor="middle", xshift=5)
            return
        anchor = "right" if across > 0 else "left"
        self._text(x, y, name, colour, xanchor=anchor, yanchor="bottom", yshift=1)
        if size:
            self._text(x, y, size, colour, xanchor=anchor, yanchor="top", size=11.0)

    def _line(
        self, index: str, start: tuple[float, float], end: tuple[float, float], colour: str, *, width: int
    ) -> None:
        self.lines.append(
            go.Scatter(
                x=[start[0], end[0]],
                y=[start[1], end[1]],
                mode="lines",
                name=index,
                line={"color": colour, "width": width},
                hoverinfo="skip",
            )
        )

    def _node(self, place: Place, *, is_core: bool) -> None:
        node, size = place.node, 2 * place.radius
        if node is None:
            self.nodes.append(Mark(place.x, place.y, size, self.colours.ink, self.colours.ink))
            return
        colour = self.colours.ink if is_core else self._colour(node.indices[0])
        fill = {Kept.SHARED: colour, Kept.RANDOM: self.colours.muted}.get(node.kept, self.colours.ground)
        is_filled = node.kept in {Kept.SHARED, Kept.RANDOM}
        name = re.sub(r"(?<=[A-Z])(\d)", r"<sub>\1</sub>", node.name)
        mark = Mark(
            place.x,
            place.y,
            size,
            fill,
            colour,
            "square" if is_core else "circle",
            ring=size + 7 if is_filled else 0.0,
            text=f'<b><span style="color:{self.colours.ground if is_filled else colour}">{name}</span></b>',
            hover=self._hover(node),
        )
        if node.kept is Kept.PRIVATE:
            self.copies += stack(mark, _COPY, 2)
        self.nodes.append(mark)

    def _hover(self, node: Node) -> str:
        shape = " x ".join(f"{self.sizes.get(index, _letters(index))}" for index in node.indices)
        whose = {Kept.SHARED: ", shared", Kept.RANDOM: ", random and shared", Kept.PRIVATE: ", private"}
        return f"{node.name}: {shape}{whose.get(node.kept, '')}"

    def _front(self) -> go.Scatter:
        front = markers(self.nodes)
        front.update(
            mode="markers+text",
            text=[mark.text for mark in self.nodes],
            textfont={"size": 13 * self.scale},
            hovertext=[mark.hover for mark in self.nodes],
            hovertemplate="%{hovertext}<extra></extra>",
            hoverinfo=None,
        )
        return front

    def _text(self, x: float, y: float, text: str, colour: str, *, size: float = 12.0, **place: Any) -> None:
        font = {"color": colour, "size": size * self.scale}
        self.texts.append({"x": x, "y": y, "text": text, "font": font, "showarrow": False, "borderpad": 0, **place})

    def _words(self, index: str) -> str:
        if index in self.sizes:
            return f"{self.sizes[index]:,}"
        return re.sub(r"^R(\d)$", r"R<sub>\1</sub>", _letters(index))

    def _colour(self, index: str) -> str:
        mode = _MODE_OF.get(index.rstrip("'"))
        return self.colours.muted if mode is None else self.colours.modes[mode]

    def _title_colour(self, title: str) -> str:
        return self.colours.parts.get(title, self.colours.ink)


def _reach(place: Place, towards: Place) -> float:
    """How far a node, with the copies of its stack behind it, reaches in the direction of another."""
    is_stack = place.node is not None and place.node.kept is Kept.PRIVATE
    return place.radius + (2 * _COPY if is_stack and (towards.x, towards.y) > (place.x, place.y) else 0)


def _letters(index: str) -> str:
    """An index as people read it: ranks with a capital, spaces for underlines where it is words."""
    if re.fullmatch(r"r\d?", index):
        return index.upper()
    return index.replace("'", "\N{PRIME}") if index.startswith("d_") else index.replace("_", " ")
