"""Several continuations of one prompt in one row: the prompt is read once, and choices share their first tokens too.

The choices form a tree below the last token of the prompt. The row holds the prompt and then the tree, every token
before those that follow it (preorder), so that what follows a token stands in one piece after it. A token sees the
tokens that it follows, and no other branch, exactly if it stands between a token and the end of that piece.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

__all__ = ["Packing", "pack"]

Tokens = tuple[int, ...]


@dataclass(frozen=True)
class Packing:
    """A row of tokens that holds a tree.

    `depths` counts for each token those that it follows: its position in a row of its own. `ends` is for each token
    the place in the row before which everything that follows it stands. `predicted` gives for each choice the places
    at which its tokens are predicted.
    """

    tokens: Tokens
    depths: Tokens
    ends: Tokens
    predicted: tuple[Tokens, ...]


@dataclass(eq=False)
class _Node:
    """One token of the tree: the tokens that may come next, and its place in the row."""

    children: dict[int, _Node] = field(default_factory=dict)
    place: int = -1


def pack(prompt: Tokens, choices: Sequence[Tokens]) -> Packing:
    """One row for a prompt of at least one token and choices of at least one token each.

    The last token of a choice is predicted and never read, so it is in the row only where another choice goes on.

    >>> packed = pack((7, 8), [(1, 2, 3), (1, 4), (5,), (6, 9)])
    >>> packed.tokens, packed.depths, packed.ends
    ((7, 8, 1, 2, 6), (0, 1, 2, 3, 2), (5, 5, 4, 4, 5))
    >>> packed.predicted
    ((1, 2, 3), (1, 2), (1,), (1, 4))
    """
    # 1. The tree: its root is the last token of the prompt.
    root = _Node()
    for choice in choices:
        node = root
        for token in choice[:-1]:
            node = node.children.setdefault(token, _Node())
    # 2. The row: every token before those that follow it, without recursion, as a choice may be long.
    tokens, depths, ends = list(prompt), list(range(len(prompt))), [0] * len(prompt)
    root.place = len(prompt) - 1
    open_nodes = [(root, iter(root.children.items()))]
    while open_nodes:
        node, following = open_nodes[-1]
        for token, child in following:
            child.place = len(tokens)
            tokens.append(token)
            depths.append(depths[node.place] + 1)
            ends.append(0)
            open_nodes.append((child, iter(child.children.items())))
            break
        else:
            ends[node.place] = len(tokens)
            open_nodes.pop()
    ends[: len(prompt)] = [len(tokens)] * len(prompt)
    # 3. Where each choice is predicted: at the root and at each of its tokens but the last.
    predicted = []
    for choice in choices:
        node, places = root, [root.place]
        for token in choice[:-1]:
            node = node.children[token]
            places.append(node.place)
        predicted.append(tuple(places))
    return Packing(tuple(tokens), tuple(depths), tuple(ends), tuple(predicted))
