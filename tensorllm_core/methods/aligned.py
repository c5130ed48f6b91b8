"""TensorLLM after every head was turned: queries with keys, values with outputs, so that heads have more in common.

For any orthogonal T of d_head x d_head, the scores `(x Q T)(y K T)^T` and the outputs `(c V T)(O T)^T` do not depend on
T. The turn of a group is the eigenvectors of its pair's Gram matrix, `Q^T Q + K^T K` over all queries of the group and
`V^T V + O^T O`, largest first; the turned weights are decomposed, and the reconstruction is turned back, so that biases
stay as they are. A rotary embedding or a norm stands between queries, keys and scores: there the turn of Q and K is
not free, and its d_head x d_head entries for each group are counted as stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from einops import einsum, rearrange
from jaxtyping import Float
from torch import Tensor

from tensorllm_core.linalg.products import full_precision
from tensorllm_core.linalg.truncations import tucker_truncations
from tensorllm_core.methods.method import AttentionOnly, Prepared, Unit, layer_by_layer
from tensorllm_core.methods.tensorise import tensorise
from tensorllm_core.methods.tensorllm import tensorllm_unit
from tensorllm_core.types import AttentionWeights, LayerWeights, Progress

__all__ = ["AlignedTensorLLM", "Turns", "aligning_turns", "turned"]

_TURN = "d_model d_head head, d_head turned head -> d_model turned head"


@dataclass(frozen=True, eq=False)
class Turns:
    """One orthogonal matrix for each group and pair; None where a pair is left as it is."""

    queries_and_keys: Float[Tensor, "d_head turned group"] | None
    values_and_outputs: Float[Tensor, "d_head turned group"]

    @property
    def back(self) -> Turns:
        """The turns that undo these."""
        first, second = self.queries_and_keys, self.values_and_outputs
        swap = "d_head turned group -> turned d_head group"
        return Turns(None if first is None else rearrange(first, swap), rearrange(second, swap))


@dataclass(frozen=True)
class AlignedTensorLLM(AttentionOnly):
    """`TensorLLM` in the layout `paper` on turned heads; `values_only` leaves queries and keys as they are."""

    values_only: bool = False
    sweeps: int = 0

    def prepare(self, layers: Mapping[int, LayerWeights], progress: Progress | None = None) -> Prepared:
        """Turn the heads of every layer, and decompose it at all ranks."""

        def unit_of(layer: int, weights: AttentionWeights, progress: Progress) -> Unit:
            return self._unit(layer, weights, layers[layer].turns_freely, progress)

        return layer_by_layer(layers, unit_of, progress)

    def _unit(self, layer: int, weights: AttentionWeights, free: bool, progress: Progress) -> Unit:
        turns = aligning_turns(weights)
        if self.values_only:
            turns = Turns(None, turns.values_and_outputs)
        tensor = tensorise(turned(weights, turns))
        unit = tensorllm_unit(layer, tensor, tucker_truncations(tensor.data, self.sweeps, progress))

        def assemble(rebuilt: Mapping[str, Tensor]) -> Mapping:
            found = unit.assemble(rebuilt)
            return {
                layer: type(replacement)(turned(replacement.attention, turns.back))
                for layer, replacement in found.items()
                if replacement.attention is not None
            }

        stored = 0 if free or turns.queries_and_keys is None else turns.queries_and_keys.numel()
        return Unit(unit.layers, unit.tensors, assemble, stored)


def aligning_turns(weights: AttentionWeights) -> Turns:
    """For each group the eigenvectors of its pairs' Gram matrices, largest first."""
    return Turns(_turn(weights.q, weights.k), _turn(weights.o, weights.v))


def turned(weights: AttentionWeights, turns: Turns) -> AttentionWeights:
    """The weights with the heads of every group turned."""
    each = weights.heads // weights.groups
    first, second = turns.queries_and_keys, turns.values_and_outputs
    with full_precision():
        q, k = weights.q, weights.k
        if first is not None:
            q, k = einsum(q, _each(first, each), _TURN), einsum(k, first, _TURN)
        return AttentionWeights(
            q=q, k=k, v=einsum(weights.v, second, _TURN), o=einsum(weights.o, _each(second, each), _TURN)
        )


def _turn(
    many: Float[Tensor, "d_model d_head head"], one: Float[Tensor, "d_model d_head group"]
) -> Float[Tensor, "d_head turned group"]:
    """Gram matrices in float64: they decide directions that may be close to each other."""
    gram = einsum(one.double(), one.double(), "d_model a group, d_model b group -> group a b")
    cut = rearrange(many.double(), "d_model d_head (group n) -> n d_model d_head group", group=one.shape[2])
    gram += einsum(cut, cut, "n d_model a group, n d_model b group -> group a b")
    vectors = torch.linalg.eigh(gram).eigenvectors.flip(-1)
    return rearrange(vectors, "group d_head turned -> d_head turned group").to(one)


def _each(turn: Float[Tensor, "d_head turned group"], heads: int) -> Float[Tensor, "d_head turned head"]:
    """Query heads `g n ... g n + n - 1` take the turn of group g."""
    return turn.repeat_interleave(heads, dim=2)
