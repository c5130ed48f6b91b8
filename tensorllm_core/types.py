"""Frozen values that several layers of the core share; axis names as in `layer part head group d_model d_head`."""

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
"""Called with the share done (0 to 1) and what is being done; returning False asks to stop."""


class Layout(StrEnum):
    """How the stored matrices are cut into heads before they are stacked."""

    PAPER = "paper"
    RELEASED_CODE = "released-code"

    @classmethod
    def parse(cls, text: str) -> Layout:
        """The layout of that name.

        Raises:
            LayoutError: the name is not one of the two.

        >>> Layout.parse("paper")
        <Layout.PAPER: 'paper'>
        """
        try:
            return cls(text)
        except ValueError:
            names = " or ".join(f"`{layout.value}`" for layout in cls)
            raise LayoutError(f"Expected a layout of {names}, got `{text}`; choose one of them.") from None


class Ranks(NamedTuple):
    """How many directions modes 1 (model), 2 (head width) and 3 (part) keep."""

    r1: int
    r2: int
    r3: int

    @classmethod
    def parse(cls, text: str) -> Ranks:
        """Read `R1,R2,R3`.

        Raises:
            RankError: not three positive whole numbers.

        >>> Ranks.parse("16, 8,4")
        Ranks(r1=16, r2=8, r3=4)
        """
        found = re.fullmatch(r"\s*\(?\s*(\d{1,9})\s*,\s*(\d{1,9})\s*,\s*(\d{1,9})\s*\)?\s*", text, re.ASCII)
        if found is None or min(map(int, found.groups())) < 1:
            raise RankError(f"Expected three positive whole ranks like `16,8,4`, got `{text}`; give R1,R2,R3.")
        return cls(*map(int, found.groups()))

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

    def stored_entries(self, ranks: Ranks) -> int:
        """Entries of the core and of the three factors at these ranks (denominator of the ratio).

        Source: arXiv 2501.15674, compression ratio: `h R1 R2 R3 + d R1 + d_v R2 + 4 R3`.

        >>> TensorShape(128, 16, 4, 8).stored_entries(Ranks(16, 8, 4))
        6288
        """
        r1, r2, r3 = ranks
        return self.group * r1 * r2 * r3 + self.d_model * r1 + self.d_head * r2 + self.part * r3

    def compression_ratio(self, ranks: Ranks) -> float:
        """Stored attention weights of the layer / stored core and factor entries."""
        return self.entries / self.stored_entries(ranks)


@dataclass(frozen=True)
class AttentionWeights:
    """The four projections of one layer, cut by head; every stored weight stands here once.

    `x @ q[:, :, i]` is head i's query; `o[:, :, i]` is the output projection transposed, so that
    head i adds `context @ o[:, :, i].T` to the residual stream. Query heads `g n ... g n + n - 1`
    share key and value head g, where n = heads / groups.
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

    `attention` is None where only the feed-forward matrices of a layer are chosen. `feed_forward` holds these by their
    names in the family; it is empty where there are none or nobody needs them. `turns_freely` says that attention
    scores stay when the queries and the keys of a group are turned together: no rotary embedding and no norm stands
    between the projections and the scores.
    """

    attention: AttentionWeights | None
    feed_forward: Mapping[str, Float[Tensor, "d_ff d_model"]] = field(default_factory=dict)
    turns_freely: bool = False


@dataclass(frozen=True)
class AttentionTensor:
    """A layer's attention weights stacked to one 4-D tensor, with a name for each slice of mode 3."""

    data: Float[Tensor, "d_model d_head part group"]
    parts: tuple[str, ...]
    layout: Layout

    @property
    def shape(self) -> TensorShape:
        """Sizes by axis name."""
        return TensorShape(*self.data.shape)


@dataclass(frozen=True)
class Tucker:
    """One private core per group and three factor matrices, orthonormal columns, shared by all groups.

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
