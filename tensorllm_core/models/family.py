"""A family describes, as data, where the models of an architecture store their weights and in which form.

Each stored matrix has one einops pattern, which `patterns` uses in both directions: to cut the matrix into heads, and
reversed to write it back.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tensorllm_core.errors import CheckpointError
from tensorllm_core.models.sizes import SizeNames

__all__ = ["Dense", "Family", "Fused", "Objective", "Separate", "Stored", "Windows"]


class Objective(StrEnum):
    """What a model was trained to do: continue a text, or fill in masked tokens."""

    CONTINUE = "continue"
    FILL_IN = "fill in"


class Windows(StrEnum):
    """Which layers look at the last tokens alone, if the config asks for a window (`sliding_window`)."""

    NONE = "none"
    EVERY_LAYER = "every layer"
    BY_LAYER = "those that `layer_types` names"


@dataclass(frozen=True)
class Stored:
    """One attention matrix of a block: its path below the block, and the pattern that cuts it into heads."""

    path: str
    pattern: str


@dataclass(frozen=True)
class Separate:
    """The query, key and value projections, stored in three matrices."""

    q: Stored
    k: Stored
    v: Stored


@dataclass(frozen=True)
class Fused:
    """The query, key and value projections, stored in one matrix; an axis of the pattern gives their order.

    The pattern has one of these axes:

    - `part` (length 3): Q, K and V, each for all heads. Every head is a group of its own.
    - `member` (length query heads of a group + 2): in each group its queries, then its key, then its value.
    - `slot` (length heads + 2 groups): all queries, then all keys, then all values.
    """

    path: str
    pattern: str


@dataclass(frozen=True)
class Dense:
    """One stored feed-forward matrix of a block; the pattern brings it to `d_ff x d_model`.

    Where two matrices are stored as one, there are two names, and the axis `part` (length 2) of the pattern tells them
    apart. The names are `gate`, `up` and `down` where the block multiplies the activated `gate` by `up`, else `in` and
    `out`.
    """

    names: tuple[str, ...]
    path: str
    pattern: str


@dataclass(frozen=True)
class Family:
    """Where an architecture stores the weights of its blocks, and in which form.

    `model_types` are the values of `model_type` in config.json. `blocks` is the path of the list of blocks below the
    base model: `layers` stands for `model.layers.0...` and `layers.0...` alike. The name of a weight is
    `{blocks}.{block}.{path}.weight`. `feed_forward` is empty where a block has several feed-forward parts (experts),
    which are not described. `turns_freely` is explained in `LayerWeights`. `without_attention` says what the layers are
    that stand between those with attention; it is empty where every layer has attention. `branches` says that the model
    takes positions and a mask as they are given, so that a row may hold several continuations of one text (`branches`);
    `windows` says which of its layers the mask of a window is for.
    """

    name: str
    model_types: tuple[str, ...]
    objective: Objective
    blocks: str
    qkv: Separate | Fused
    o: Stored
    feed_forward: tuple[Dense, ...]
    size_names: SizeNames
    turns_freely: bool = False
    without_attention: str = ""
    branches: bool = True
    windows: Windows = Windows.NONE

    @property
    def matrices(self) -> tuple[Stored | Fused, ...]:
        """Every stored attention matrix of a block."""
        qkv = (self.qkv,) if isinstance(self.qkv, Fused) else (self.qkv.q, self.qkv.k, self.qkv.v)
        return (*qkv, self.o)

    @property
    def feed_forward_names(self) -> tuple[str, ...]:
        """The names of the feed-forward matrices, in order; empty where a block has several feed-forward parts."""
        return tuple(name for dense in self.feed_forward for name in dense.names)

    def check_feed_forward(self) -> None:
        """Accept a family whose blocks have one feed-forward part each.

        Raises:
            CheckpointError: the blocks have several (experts).
        """
        if not self.feed_forward:
            raise CheckpointError(
                f"Expected a model with one feed-forward part per layer, got the family `{self.name}`, some of whose "
                "layers have several experts; choose its attention, or another model."
            )
