"""TensorLLM on turned heads: queries with keys, values with outputs, so that heads have more in common.

For any orthogonal T of d_head x d_head, the scores `(x Q T)(y K T)^T` and the outputs `(c V T)(O T)^T` do not depend on
T. The turn of a group is the eigenvectors of its pair's Gram matrix, `Q^T Q + K^T K` over all queries of the group and
`V^T V + O^T O`, largest first. The turned weights are decomposed, and the reconstruction is turned back, so that biases
stay as they are. Where a rotary embedding or a norm stands between queries, keys and scores, the turn of Q and K is not
free: its d_head x d_head entries for each group are counted as stored.
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
from tensorllm_core.methods.description import LayerSizes, MethodDescription, MethodLesson
from tensorllm_core.methods.method import AttentionOnly, Prepared, Replacement, Unit, layer_by_layer
from tensorllm_core.methods.tensorise import tensorise
from tensorllm_core.methods.tensorllm import tensorllm_unit, tucker_entries
from tensorllm_core.types import AttentionWeights, LayerWeights, MethodLook, Progress

__all__ = ["ALIGNED", "ALIGNED_VALUES", "AlignedTensorLLM", "Turns", "find_turns", "turn_heads"]

_TURN = "d_model d_head head, d_head turned head -> d_model turned head"


@dataclass(frozen=True, eq=False)
class Turns:
    """An orthogonal matrix for each group and pair of projections; None: queries and keys stay as they are."""

    queries_and_keys: Float[Tensor, "d_head turned group"] | None
    values_and_outputs: Float[Tensor, "d_head turned group"]

    @property
    def inverse(self) -> Turns:
        """The turns that undo these."""
        qk, vo = self.queries_and_keys, self.values_and_outputs
        swap = "d_head turned group -> turned d_head group"
        return Turns(None if qk is None else rearrange(qk, swap), rearrange(vo, swap))


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

    def _unit(self, layer: int, weights: AttentionWeights, turns_freely: bool, progress: Progress) -> Unit:
        turns = find_turns(weights)
        if self.values_only:
            turns = Turns(None, turns.values_and_outputs)
        tensor = tensorise(turn_heads(weights, turns))
        unit = tensorllm_unit(layer, tensor, tucker_truncations(tensor.data, self.sweeps, progress))

        def assemble(rebuilt: Mapping[str, Tensor]) -> Mapping[int, Replacement]:
            return {
                layer: Replacement(turn_heads(replacement.attention, turns.inverse))
                for layer, replacement in unit.assemble(rebuilt).items()
                if replacement.attention is not None
            }

        turn = turns.queries_and_keys
        fixed_entries = 0 if turns_freely or turn is None else turn.numel()
        return Unit(unit.layers, unit.tensors, assemble, fixed_entries)


def find_turns(weights: AttentionWeights) -> Turns:
    """For each group the eigenvectors of its pairs' Gram matrices, largest first."""
    return Turns(_find_turn(weights.q, weights.k), _find_turn(weights.o, weights.v))


def turn_heads(weights: AttentionWeights, turns: Turns) -> AttentionWeights:
    """The weights with the heads of every group turned."""
    heads_per_group = weights.heads // weights.groups
    qk, vo = turns.queries_and_keys, turns.values_and_outputs
    with full_precision():
        q, k = weights.q, weights.k
        if qk is not None:
            q, k = einsum(q, _for_each_head(qk, heads_per_group), _TURN), einsum(k, qk, _TURN)
        return AttentionWeights(
            q=q,
            k=k,
            v=einsum(weights.v, vo, _TURN),
            o=einsum(weights.o, _for_each_head(vo, heads_per_group), _TURN),
        )


def _find_turn(
    by_head: Float[Tensor, "d_model d_head head"], by_group: Float[Tensor, "d_model d_head group"]
) -> Float[Tensor, "d_head turned group"]:
    """Gram matrices in float64: they decide directions that may be close to each other."""
    gram = einsum(by_group.double(), by_group.double(), "d_model a group, d_model b group -> group a b")
    heads = rearrange(by_head.double(), "d_model d_head (group n) -> n d_model d_head group", group=by_group.shape[2])
    gram += einsum(heads, heads, "n d_model a group, n d_model b group -> group a b")
    vectors = torch.linalg.eigh(gram).eigenvectors.flip(-1)
    return rearrange(vectors, "group d_head turned -> d_head turned group").to(by_group)


def _for_each_head(
    turn: Float[Tensor, "d_head turned group"], heads_per_group: int
) -> Float[Tensor, "d_head turned head"]:
    """Query heads `g n ... g n + n - 1` take the turn of group g."""
    return turn.repeat_interleave(heads_per_group, dim=2)


def _stored_entries(sizes: LayerSizes, rank: int) -> int:
    """As TensorLLM, and a turn of Q and K for each group where it is not free."""
    return tucker_entries(sizes, rank) + (0 if sizes.turns_freely else sizes.groups * sizes.d_head**2)


_FORMULA = r"W_i T_i \approx G_i \times_1 U_1 \times_2 U_2 \times_3 U_3"
_NETWORK = "G*(r1 r2 r3 head) U1+(d_model r1) U2+(d_head' r2) U3+(part r3) T*(d_head' d_head)"

ALIGNED = MethodDescription(
    name="tensorllm-aligned",
    title="TensorLLM, aligned",
    words="Every head is turned first, so that heads have more in common; a turn that does not cancel is stored "
    "stored.",
    make=lambda options: AlignedTensorLLM(),
    look=MethodLook("#a3195b", "#ef7fb3", "solid", "diamond"),
    lesson=MethodLesson(
        takeaway="Heads are turned, then share",
        shares="three factor matrices, by all heads and all parts, once the heads are turned.",
        private="a core for each head; a turn T for its Q with K, one for its V with O. The turns cancel in the "
        "attention, unless rotary positions or a norm stand between Q and K: then that turn is stored.",
        formula=_FORMULA,
        network=_NETWORK,
    ),
    replaced_entries=lambda sizes: sizes.attention_entries,
    stored_entries=_stored_entries,
    is_suggested=True,
)

ALIGNED_VALUES = MethodDescription(
    name="tensorllm-aligned-vo",
    title="TensorLLM, V and O aligned",
    words="TensorLLM with only V and O of each head turned first, which is free in every model.",
    make=lambda options: AlignedTensorLLM(values_only=True),
    look=MethodLook("#d4688f", "#f7b3cf", "dash", "diamond"),
    lesson=MethodLesson(
        takeaway="V and O are turned, then heads share",
        shares="three factor matrices, by all heads and all parts, once V and O of each head are turned.",
        private="a core for each head, and an orthogonal turn T for its V with O: it cancels in every model, and costs "
        "nothing. Q and K stay as they are.",
        formula=_FORMULA,
        network=_NETWORK,
    ),
    replaced_entries=lambda sizes: sizes.attention_entries,
    stored_entries=tucker_entries,
)
