"""Ranks as people write them: `16,8,4`, `20`, the fraction `0.1`, or `16,8,4;0.1` for tensors of different kinds."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tensorllm_core.errors import RankError
from tensorllm_core.linalg.svd import SvdTruncations
from tensorllm_core.linalg.truncations import Truncations
from tensorllm_core.methods.method import Prepared

__all__ = ["RankText", "parse_ranks"]

_NUMBERS = r"\d{1,9}(?:\s*,\s*\d{1,9})*"
_FRACTION = r"[01]?\.\d{1,9}"


@dataclass(frozen=True)
class RankText:
    """Ranks for tensors by their number of modes, and a fraction of the full rank for matrices.

    `groups` holds the ranks, one tuple for each number of modes; `text` is what was read.
    """

    text: str
    groups: tuple[tuple[int, ...], ...]
    fraction: float | None

    def of(self, prepared: Prepared) -> dict[str, tuple[int, ...]]:
        """The ranks of each tensor.

        Raises:
            RankError: not exactly one group has as many ranks as the tensor has modes, or a rank is impossible.
        """
        return {name: tensor.check(self._of(name, tensor)) for name, tensor in prepared.tensors.items()}

    def _of(self, name: str, tensor: Truncations) -> tuple[int, ...]:
        if self.fraction is not None and isinstance(tensor, SvdTruncations):
            return (tensor.rank_of(self.fraction),)
        modes = len(tensor.limits)
        matching = [group for group in self.groups if len(group) == modes]
        if len(matching) != 1:
            names = ",".join(f"R{mode}" for mode in range(1, modes + 1)) if modes > 1 else "R"
            raise RankError(
                f"Expected {modes} rank{'s' if modes > 1 else ''} for {name}, got `{self.text}`; give {names}."
            )
        return matching[0]


def parse_ranks(text: str) -> RankText:
    """Read ranks.

    Raises:
        RankError: not positive whole numbers or one fraction of at most 1.

    >>> parse_ranks("16,8,4; 0.1").groups
    ((16, 8, 4),)
    """
    groups, fraction = [], None
    for part in text.split(";"):
        numbers = part.strip().strip("()")
        if re.fullmatch(_NUMBERS, numbers, re.ASCII) and 0 not in (ranks := tuple(map(int, numbers.split(",")))):
            groups.append(ranks)
        elif fraction is None and re.fullmatch(_FRACTION, numbers, re.ASCII) and 0 < float(numbers) <= 1:
            fraction = float(numbers)
        else:
            raise RankError(
                f"Expected positive whole ranks like `16,8,4` or a fraction like `0.1`, got `{text}`; give R1,R2,R3 "
                "or what the method takes."
            )
    return RankText(text, tuple(groups), fraction)
