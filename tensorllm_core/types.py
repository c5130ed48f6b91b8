"""Frozen values that several layers of the core share; their axes are called `layer part head group d_model d_head`."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor

from tensorllm_core.errors import LayoutError, RankError

__all__ = [
    "AttentionTensor",
    "AttentionWeights",
    "LayerWeights",
    "Layout",
    "MethodLook",
    "Progress",
    "Ranks",
    "TensorShape",
    "Tucker",
]

Progress = Callable[[float, str], bool]
"""Called with the share of the work that is done (0 to 1) and a few words on the next step; False asks to stop."""


class Layout(StrEnum):
    """How the stored matrices are cut into heads before they are stacked to a tensor.

    `PAPER` cuts as the equations of arXiv 2501.15674 do, `RELEASED_CODE` as the program of its authors does.
    """

    PAPER = "paper"
    RELEASED_CODE = "released-code"

    @classmethod
    def parse(cls, text: str) -> Layout:
        """The layout of this name.

        Raises:
            LayoutError: there is no layout of this name.

        >>> Layout.parse("paper")
        <Layout.PAPER: 'paper'>
        """
        try:
            return cls(text)
        except ValueError:
            names = " or ".join(f"`{layout.value}`" for layout in cls)
            raise LayoutError(f"Expected the layout to be {names}, got `{text}`; choose one of them.") from None


class Ranks(NamedTuple):
    """How many directions are kept in mode 1 (model width), mode 2 (head width) and mode 3 (part)."""

    r1: int
    r2: int
    r3: int

    @classmethod
    def parse(cls, text: str) -> Ranks:
        """The ranks in a text `R1,R2,R3`.

        Raises:
            RankError: the text does not hold three positive whole numbers.

        >>> Ranks.parse("16, 8,4")
        Ranks(r1=16, r2=8, r3=4)
        """
        match = re.fullmatch(r"\s*\(?\s*(\d{1,9})\s*,\s*(\d{1,9})\s*,\s*(\d{1,9})\s*\)?\s*", text, re.ASCII)
        if match is None or min(map(int, match.groups())) < 1:
            raise RankError(f"Expected three positive whole ranks like `16,8,4`, got `{text}`; give R1,R2,R3.")
        return cls(*map(int, match.groups()))

    def __str__(self) -> str:
        return f"({self.r1}, {self.r2}, {self.r3})"


class TensorShape(NamedTuple):
    """Sizes of a layer's attention tensor: `d_model x d_head x part x group`."""

    d_model: int
    d_head: int
    part: int
    group: int

    @property
    def entries(self) -> int:
        """Number of stored attention weights of the layer.

        >>> TensorShape(128, 16, 4, 8).entries
        65536
        """
        return math.prod(self)

    @property
    def unit(self) -> str:
        """What one entry of mode 4 is called: a head, or a group where several query heads share a key head.

        >>> TensorShape(128, 16, 4, 8).unit, TensorShape(128, 16, 6, 4).unit
        ('head', 'group')
        """
        return "head" if self.part == 4 else "group"

    def stored_entries(self, ranks: Ranks) -> int:
        """Entries of the cores and of the three factors at these ranks: the denominator of the compression ratio.

        Source: arXiv 2501.15674, compression ratio: `h R1 R2 R3 + d R1 + d_v R2 + 4 R3`.

        >>> TensorShape(128, 16, 4, 8).stored_entries(Ranks(16, 8, 4))
        6288
        """
        r1, r2, r3 = ranks
        return self.group * r1 * r2 * r3 + self.d_model * r1 + self.d_head * r2 + self.part * r3

    def compression_ratio(self, ranks: Ranks) -> float:
        """Stored attention weights of the layer divided by `stored_entries` of these ranks."""
        return self.entries / self.stored_entries(ranks)


@dataclass(frozen=True)
class AttentionWeights:
    """The query, key, value and output projections of one layer, cut by head; each stored weight stands here once.

    `x @ q[:, :, i]` is the query of head i. `o[:, :, i]` is its part of the output projection, transposed: head i adds
    `context @ o[:, :, i].T` to the residual stream. With n = heads / groups, the query heads `g n` to `g n + n - 1`
    share the key and value head g.
    """

    q: Float[Tensor, "d_model d_head head"]
    k: Float[Tensor, "d_model d_head group"]
    v: Float[Tensor, "d_model d_head group"]
    o: Float[Tensor, "d_model d_head head"]

    @property
    def heads(self) -> int:
        """Number of query heads."""
        return self.q.shape[2]

    @property
    def groups(self) -> int:
        """Number of key and value heads."""
        return self.k.shape[2]


@dataclass(frozen=True, eq=False)
class LayerWeights:
    """The weights of one layer that a method may replace.

    `attention` is None where a method gets only the feed-forward matrices of a layer. `feed_forward` holds these by the
    names that the family gives them; it is empty where the family describes none, or where the method needs none.

    `turns_freely` is True where one rotation (an orthogonal matrix) may turn the queries and the keys of a group
    together without changing any attention score. This needs an architecture with neither a rotary embedding nor a
    norm between the projections and the scores.
    """

    attention: AttentionWeights | None
    feed_forward: Mapping[str, Float[Tensor, "d_ff d_model"]] = field(default_factory=dict)
    turns_freely: bool = False


@dataclass(frozen=True)
class AttentionTensor:
    """The attention weights of a layer, stacked to one 4-D tensor; `parts` names the slices of mode 3."""

    data: Float[Tensor, "d_model d_head part group"]
    parts: tuple[str, ...]
    layout: Layout

    @property
    def shape(self) -> TensorShape:
        """The size of each axis."""
        return TensorShape(*self.data.shape)


@dataclass(frozen=True)
class Tucker:
    """A Tucker decomposition: one core for each group, and three factor matrices that all groups share.

    The columns of the factors are orthonormal.

    Source: arXiv 2501.15674, Eq. 9-14: `W_i ~ G_i x1 U1 x2 U2 x3 U3`.
    """

    core: Float[Tensor, "r1 r2 r3 group"]
    u1: Float[Tensor, "d_model r1"]
    u2: Float[Tensor, "d_head r2"]
    u3: Float[Tensor, "part r3"]

    @property
    def ranks(self) -> Ranks:
        """Ranks of modes 1, 2 and 3."""
        return Ranks(*self.core.shape[:3])


@dataclass(frozen=True)
class MethodLook:
    """How a compression method is drawn in every figure: its colour on light and on dark ground, as `#rrggbb`.

    `dash` and `symbol` are named as plotly names them.
    """

    on_light: str
    on_dark: str
    dash: str
    symbol: str
