"""Stacking a layer's weights into a tensor loses nothing, in either layout."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tensorllm_core.errors import LayoutError
from tensorllm_core.methods.tensorise import detensorise, part_names, tensorise
from tensorllm_core.types import AttentionWeights, Layout, TensorShape


def random_weights(d_model: int, d_head: int, groups: int, shared_by: int, seed: int = 0) -> AttentionWeights:
    generator = torch.Generator().manual_seed(seed)
    heads = groups * shared_by
    q, k, v, o = (torch.randn(d_model, d_head, count, generator=generator) for count in (heads, groups, groups, heads))
    return AttentionWeights(q, k, v, o)


def stored(weights: AttentionWeights) -> tuple[torch.Tensor, ...]:
    """The four matrices as PyTorch's linear layers hold them: (out, in), heads one after the other."""

    def columns(cut):
        return torch.cat([cut[:, :, head] for head in range(cut.shape[2])], dim=1)

    return columns(weights.q).T, columns(weights.k).T, columns(weights.v).T, columns(weights.o)


def same(first: AttentionWeights, second: AttentionWeights) -> bool:
    return all(getattr(first, name).equal(getattr(second, name)) for name in ("q", "k", "v", "o"))


sizes = st.integers(1, 6)


@given(st.integers(1, 12), sizes, sizes, sizes)
def test_the_paper_layout_is_taken_apart_exactly(d_model, d_head, groups, shared_by):
    weights = random_weights(d_model, d_head, groups, shared_by)
    tensor = tensorise(weights)
    assert tensor.shape == TensorShape(d_model, d_head, 2 * shared_by + 2, groups)
    assert len(tensor.parts) == tensor.shape.part
    assert same(detensorise(tensor), weights)


@given(sizes, sizes)
def test_the_released_layout_is_taken_apart_exactly(d_head, heads):
    weights = random_weights(d_head * heads, d_head, heads, 1)
    tensor = tensorise(weights, Layout.RELEASED_CODE)
    assert tensor.shape == TensorShape(d_head * heads, d_head, 4, heads)
    assert same(detensorise(tensor), weights)


@given(st.integers(1, 12), sizes, sizes, sizes)
def test_every_stored_weight_stands_in_the_tensor_once(d_model, d_head, groups, shared_by):
    weights = random_weights(d_model, d_head, groups, shared_by)
    entries = torch.cat([cut.flatten() for cut in (weights.q, weights.k, weights.v, weights.o)])
    assert tensorise(weights).data.flatten().sort().values.equal(entries.sort().values)


def test_one_head_a_group_is_the_papers_tensor():
    weights = random_weights(12, 3, 4, 1)
    tensor = tensorise(weights)
    assert tensor.parts == ("Q", "K", "V", "O")
    w_q, w_k, w_v, w_o = stored(weights)
    for head in range(4):
        own = slice(3 * head, 3 * head + 3)
        # Eq. 7: head i owns the columns of its block of W_Q, W_K, W_V and of W_O transposed.
        for part, matrix in enumerate((w_q.T, w_k.T, w_v.T, w_o)):
            assert tensor.data[:, :, part, head].equal(matrix[:, own])


def test_slices_of_a_group_are_its_query_heads_key_value_and_output_heads():
    weights = random_weights(10, 4, 2, 3)
    tensor = tensorise(weights)
    assert tensor.parts == ("Q1", "Q2", "Q3", "K", "V", "O1", "O2", "O3")
    for group in range(2):
        for n in range(3):
            assert tensor.data[:, :, n, group].equal(weights.q[:, :, 3 * group + n])
            assert tensor.data[:, :, 5 + n, group].equal(weights.o[:, :, 3 * group + n])
        assert tensor.data[:, :, 3, group].equal(weights.k[:, :, group])
        assert tensor.data[:, :, 4, group].equal(weights.v[:, :, group])


@given(sizes, sizes)
def test_the_released_layout_is_the_authors_view(d_head, heads):
    weights = random_weights(d_head * heads, d_head, heads, 1)
    hidden = d_head * heads
    w_q, w_k, w_v, w_o = stored(weights)
    tensor = tensorise(weights, Layout.RELEASED_CODE)
    # The released program: weight.view(hidden, heads, head_dim) on (out, in), on the transpose for O.
    for part, matrix in enumerate((w_q, w_k, w_v, w_o.T)):
        authors = matrix.contiguous().view(hidden, heads, d_head)
        for head in range(heads):
            assert tensor.data[:, :, part, head].equal(authors[:, head, :])


@pytest.mark.parametrize("sizes", [(12, 3, 2, 2), (12, 4, 4, 1), (12, 3, 1, 4)], ids=["grouped", "wide", "one group"])
def test_the_released_layout_is_refused_where_the_authors_view_does_not_apply(sizes):
    with pytest.raises(LayoutError, match=r"plain multi-head attention .*; choose the layout `paper`\."):
        tensorise(random_weights(*sizes), Layout.RELEASED_CODE)


def test_part_names_follow_the_slices():
    assert part_names(4, 1) == ("Q1", "Q2", "Q3", "Q4", "K", "V", "O1", "O2", "O3", "O4")


def test_dtype_stays():
    weights = random_weights(6, 2, 3, 1)
    half = AttentionWeights(*(cut.half() for cut in (weights.q, weights.k, weights.v, weights.o)))
    for layout in Layout:
        assert tensorise(half, layout).data.dtype is torch.float16
