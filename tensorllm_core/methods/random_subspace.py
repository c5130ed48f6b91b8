"""The control for every shared subspace: a random one of the same ranks, which knows nothing of the weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from einops import einsum
from jaxtyping import Float, Float64
from torch import Tensor

from tensorllm_core.linalg.hosvd import reconstruct
from tensorllm_core.linalg.pareto import pareto_front_of
from tensorllm_core.linalg.rank_choice import check_ranks, rank_limits
from tensorllm_core.linalg.truncations import TruncationFront
from tensorllm_core.methods.description import MethodDescription, MethodLesson
from tensorllm_core.methods.method import AttentionOnly, Prepared, Unit, layer_by_layer
from tensorllm_core.methods.tensorise import tensorise
from tensorllm_core.methods.tensorllm import TUCKER_FORMULA, TUCKER_NETWORK, tensorllm_unit, tucker_entries
from tensorllm_core.types import (
    AttentionWeights,
    LayerWeights,
    Layout,
    MethodLook,
    Progress,
    Ranks,
    TensorShape,
    Tucker,
)

__all__ = ["RANDOM_SUBSPACE", "RandomSubspace"]


@dataclass(frozen=True)
class RandomSubspace(AttentionOnly):
    """The weights as seen from random orthonormal directions: `W x1 U1 U1^T x2 U2 U2^T x3 U3 U3^T`.

    The same seed gives the same directions; every layer has its own.
    """

    layout: Layout = Layout.PAPER
    seed: int = 0

    def prepare(self, layers: Mapping[int, LayerWeights], progress: Progress | None = None) -> Prepared:
        """Stack the weights of every layer; the directions are drawn once there are ranks."""
        return layer_by_layer(layers, self._unit, progress)

    def _unit(self, layer: int, weights: AttentionWeights, _progress: Progress) -> Unit:
        tensor = tensorise(weights, self.layout)
        return tensorllm_unit(layer, tensor, _RandomTruncations(tensor.data, self.seed + layer))


@dataclass(frozen=True, eq=False)
class _RandomTruncations:
    """Projections of one tensor onto random directions."""

    tensor: Float[Tensor, "d_model d_head part group"]
    seed: int

    @property
    def limits(self) -> tuple[int, ...]:
        """The full ranks."""
        return tuple(rank_limits(self._shape))

    @property
    def entries(self) -> int:
        """Entries of the tensor itself."""
        return self._shape.entries

    def check(self, ranks: tuple[int, ...]) -> tuple[int, ...]:
        """The ranks, when a Tucker decomposition can have them."""
        return tuple(check_ranks(self._shape, Ranks(*ranks)))

    def stored_entries(self, ranks: tuple[int, ...]) -> int:
        """Entries of the core and of the factors, although a seed would do for these."""
        return self._shape.stored_entries(Ranks(*ranks))

    def front(self) -> TruncationFront:
        """By the expected error: random directions keep the share `R1/d_model R2/d_head R3/part` of the energy."""
        limits = rank_limits(self._shape)
        shares = [np.arange(1, limit + 1) / size for limit, size in zip(limits, self._shape, strict=False)]
        kept = shares[0][:, None, None] * shares[1][:, None] * shares[2]
        lost = np.sqrt(np.clip(1.0 - kept, 0.0, 1.0))
        front = pareto_front_of(self._shape, lost)
        squared = (front.relative_error * float(self.tensor.norm())) ** 2
        return TruncationFront(np.stack([front.r1, front.r2, front.r3], axis=1), front.stored_entries, squared)

    def rebuild(self, ranks: tuple[int, ...]) -> Float[Tensor, "d_model d_head part group"]:
        """The projection of the tensor."""
        self.check(ranks)
        u1, u2, u3 = (
            _directions(size, rank, 3 * self.seed + mode).to(self.tensor)
            for mode, (size, rank) in enumerate(zip(self._shape[:3], ranks, strict=True))
        )
        core = einsum(
            self.tensor, u1, u2, u3, "d_model d_head part group, d_model r1, d_head r2, part r3 -> r1 r2 r3 group"
        )
        return reconstruct(Tucker(core, u1, u2, u3))

    @property
    def _shape(self) -> TensorShape:
        return TensorShape(*self.tensor.shape)


def _directions(size: int, rank: int, seed: int) -> Float64[Tensor, "size rank"]:
    """The first of a fixed sequence of random orthonormal directions: more ranks add to them."""
    generator = torch.Generator().manual_seed(seed)
    gaussian = torch.randn(rank, size, generator=generator, dtype=torch.float64)
    return torch.linalg.qr(gaussian.mT).Q


RANDOM_SUBSPACE = MethodDescription(
    name="random-subspace",
    title="Random subspace",
    words="The control: random shared directions of the same ranks.",
    make=lambda options: RandomSubspace(options.layout),
    takes=("layout",),
    # A control is grey and dotted.
    look=MethodLook("#656d76", "#9aa4af", "dot", "x-thin"),
    lesson=MethodLesson(
        takeaway="Heads share random directions",
        shares="three factor matrices, by all heads and all parts, drawn at random, whatever the weights are.",
        private="a core for each head, the best for these directions.",
        formula=TUCKER_FORMULA,
        network=TUCKER_NETWORK.replace("+", "~"),
    ),
    replaced_entries=lambda sizes: sizes.attention_entries,
    stored_entries=tucker_entries,
    is_suggested=True,
    is_control=True,
)
