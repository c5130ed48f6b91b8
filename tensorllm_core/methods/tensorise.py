"""Stack a layer's attention weights into `d_model x d_head x part x group`, and take them apart again.

Source: arXiv 2501.15674, Eq. 7-8, carried over to grouped-query attention: a KV group with n query
heads gives `2n + 2` slices Q_1..Q_n, K, V, O_1..O_n, so that every stored weight stands in the tensor
exactly once. With n = 1 this is the paper's tensor.
"""

from __future__ import annotations

from einops import pack, rearrange, unpack

from tensorllm_core.errors import LayoutError
from tensorllm_core.types import AttentionTensor, AttentionWeights, Layout

__all__ = ["detensorise", "part_names", "tensorise"]

# The released code views (out, in) matrices as hidden x heads x head_dim: its "head" axis cuts the
# input. Q, K and V are stored (out, in); O is transposed first, so there the cut runs over the output.
_PAPER_TO_STORED = "d_model d_head head -> (head d_head) d_model"
_STORED_TO_RELEASED = "out (head d_head) -> out d_head head"


def part_names(heads: int, groups: int) -> tuple[str, ...]:
    """Names of the slices of mode 3, in order.

    >>> part_names(8, 8)
    ('Q', 'K', 'V', 'O')
    >>> part_names(8, 4)
    ('Q1', 'Q2', 'K', 'V', 'O1', 'O2')
    """
    shared_by = heads // groups
    if shared_by == 1:
        return ("Q", "K", "V", "O")
    numbers = range(1, shared_by + 1)
    return (*(f"Q{n}" for n in numbers), "K", "V", *(f"O{n}" for n in numbers))


def tensorise(weights: AttentionWeights, layout: Layout = Layout.PAPER) -> AttentionTensor:
    """The layer's tensor, `d_model x d_head x part x group`, in the dtype and on the device of the weights.

    The released code stacks K, Q, V, O; here the order is Q, K, V, O in both layouts, which changes
    the rows of U3 and nothing else.

    Raises:
        LayoutError: `released-code` for grouped attention or for heads x d_head other than d_model.
    """
    if layout is Layout.RELEASED_CODE:
        weights = _recut(weights)
    slices, _ = pack(
        [
            rearrange(weights.q, "d_model d_head (group n) -> d_model d_head n group", group=weights.groups),
            weights.k,
            weights.v,
            rearrange(weights.o, "d_model d_head (group n) -> d_model d_head n group", group=weights.groups),
        ],
        "d_model d_head * group",
    )
    return AttentionTensor(slices, part_names(weights.heads, weights.groups), layout)


def detensorise(tensor: AttentionTensor) -> AttentionWeights:
    """The four projections of a tensor made by `tensorise`; its exact inverse."""
    shared_by = (len(tensor.parts) - 2) // 2
    q, k, v, o = unpack(tensor.data, [(shared_by,), (), (), (shared_by,)], "d_model d_head * group")
    weights = AttentionWeights(
        q=rearrange(q, "d_model d_head n group -> d_model d_head (group n)"),
        k=k,
        v=v,
        o=rearrange(o, "d_model d_head n group -> d_model d_head (group n)"),
    )
    return _paper_cut(weights) if tensor.layout is Layout.RELEASED_CODE else weights


def _recut(weights: AttentionWeights) -> AttentionWeights:
    d_model, d_head, heads = weights.q.shape
    if weights.groups != heads or heads * d_head != d_model:
        raise LayoutError(
            "The layout `released-code` expects plain multi-head attention with heads x d_head = d_model, got "
            f"{heads} query heads, {weights.groups} groups, d_head {d_head} and d_model {d_model}; "
            "choose the layout `paper`."
        )

    def cut(stored):
        return rearrange(stored, _STORED_TO_RELEASED, head=heads)

    return AttentionWeights(
        q=cut(rearrange(weights.q, _PAPER_TO_STORED)),
        k=cut(rearrange(weights.k, _PAPER_TO_STORED)),
        v=cut(rearrange(weights.v, _PAPER_TO_STORED)),
        # O is stored (d_model, heads d_head); its transpose is what `_PAPER_TO_STORED` gives.
        o=cut(rearrange(weights.o, _PAPER_TO_STORED)),
    )


def _paper_cut(weights: AttentionWeights) -> AttentionWeights:
    def cut(released):
        heads = released.shape[2]
        return rearrange(
            rearrange(released, "out d_head head -> out (head d_head)"),
            "(head d_head) d_model -> d_model d_head head",
            head=heads,
        )

    return AttentionWeights(q=cut(weights.q), k=cut(weights.k), v=cut(weights.v), o=cut(weights.o))
