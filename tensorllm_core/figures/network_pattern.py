"""Read a tensor network written down as an einsum: nodes with their indices, and how each node is kept.

`G*(r1 r2 head) U1+(d_model r1) U2+(d_head r2)` has three nodes. An index of two nodes is a bond, that of one is a
dangling leg; an index of three or more nodes joins them all. `+` marks what is shared, `~` what is shared and
random, `*` what is private (one copy for each head). Networks that have nothing in common are separated by `;` and
may begin with a title: `Q: U(d_model r) S(r) V(heads r); K: ...`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from tensorllm_core.errors import RequestError

__all__ = ["Bond", "Kept", "Leg", "Network", "Node", "read_networks"]

_NODE = re.compile(r"(\w+)([+*~]?)\(([\w' ]+)\)")
_MOST_NEIGHBOURS = 3


class Kept(StrEnum):
    """Who has a node: one matrix alone, all heads together, or each head its own copy."""

    OWN = ""
    SHARED = "+"
    PRIVATE = "*"
    RANDOM = "~"


@dataclass(frozen=True)
class Node:
    """A tensor of the network, by its name and its indices in order."""

    name: str
    indices: tuple[str, ...]
    kept: Kept


@dataclass(frozen=True)
class Bond:
    """An index that is summed over, and the names of the nodes that it joins."""

    index: str
    nodes: tuple[str, ...]


@dataclass(frozen=True)
class Leg:
    """An index that stays open, and the name of its node."""

    index: str
    node: str


@dataclass(frozen=True)
class Network:
    """Nodes that belong together."""

    title: str
    nodes: tuple[Node, ...]

    @property
    def bonds(self) -> tuple[Bond, ...]:
        """The indices that are summed over, in the order of writing."""
        nodes_with = {index: self._with(index) for node in self.nodes for index in node.indices}
        return tuple(Bond(index, nodes) for index, nodes in nodes_with.items() if len(nodes) > 1)

    @property
    def legs(self) -> tuple[Leg, ...]:
        """The indices that stay open, in the order of writing."""
        return tuple(
            Leg(index, node.name) for node in self.nodes for index in node.indices if self._with(index) == (node.name,)
        )

    @property
    def meeting(self) -> Bond | None:
        """The index that joins three or more nodes, if there is one."""
        return next((bond for bond in self.bonds if len(bond.nodes) > 2), None)

    @property
    def centre(self) -> Node | None:
        """The node that the others stand around; None where they meet in an index without a node, as in CP."""
        if self.meeting is None:
            return self.nodes[0]
        return next((node for node in self.nodes if node.indices == (self.meeting.index,)), None)

    @property
    def around(self) -> tuple[Node, ...]:
        """The nodes next to the centre, in the order of writing."""
        centre = self.centre
        indices = set(centre.indices) if centre else {self.meeting.index} if self.meeting else set()
        return tuple(node for node in self.nodes if node is not centre and indices & set(node.indices))

    def _with(self, index: str) -> tuple[str, ...]:
        return tuple(node.name for node in self.nodes if index in node.indices)


def read_networks(pattern: str) -> tuple[Network, ...]:
    """The networks that a pattern describes, the first node of each in its centre.

    Raises:
        RequestError: the pattern cannot be read, or a centre has more nodes around it than a diagram can show.

    >>> network, = read_networks("G*(r1 r2 head) U1+(d_model r1) U2+(d_head r2)")
    >>> [leg.index for leg in network.legs], [bond.nodes for bond in network.bonds]
    (['head', 'd_model', 'd_head'], [('G', 'U1'), ('G', 'U2')])
    """
    return tuple(_read(piece) for piece in pattern.split(";"))


def _read(piece: str) -> Network:
    title, _, body = piece.rpartition(":")
    nodes = tuple(Node(name, tuple(indices.split()), Kept(mark)) for name, mark, indices in _NODE.findall(body))
    if not nodes or _NODE.sub("", body).strip():
        raise RequestError(f"Expected nodes like `U1+(d_model r1)`, got `{piece.strip()}`; write every node so.")
    if len({node.name for node in nodes}) < len(nodes):
        raise RequestError(f"Expected a name for each node, got one twice in `{piece.strip()}`; rename it.")
    network = Network(title.strip(), nodes)
    if len(network.around) > _MOST_NEIGHBOURS:
        raise RequestError(
            f"Expected at most {_MOST_NEIGHBOURS} nodes around the centre, got {len(network.around)} in "
            f"`{piece.strip()}`; join some of them."
        )
    return network
