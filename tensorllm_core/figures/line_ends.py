"""Names at the ends of lines, moved apart where they would overlap."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["spread"]


def spread(ends: Sequence[float], gap: float) -> list[float]:
    """The places nearest to these, in the same order, of which no two are closer than the gap.

    Names that would overlap are set around the middle of where they want to be, as one block.

    >>> spread([1.0, 5.0, 1.0], 2.0)
    [0.0, 5.0, 2.0]
    """
    order = sorted(range(len(ends)), key=lambda number: ends[number])
    blocks: list[tuple[float, list[int]]] = []
    for number in order:
        centre, members = ends[number], [number]
        while blocks and blocks[-1][0] + gap * (len(blocks[-1][1]) + len(members)) / 2 > centre:
            before, others = blocks.pop()
            centre = (before * len(others) + centre * len(members)) / (len(others) + len(members))
            members = others + members
        blocks.append((centre, members))
    placed = {
        number: centre + gap * (place - (len(members) - 1) / 2)
        for centre, members in blocks
        for place, number in enumerate(members)
    }
    return [placed[number] for number in range(len(ends))]
