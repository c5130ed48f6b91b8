"""Methods against few-line computations that know nothing of our code."""

from __future__ import annotations

import numpy as np
import pytest
import tensorly
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorly.decomposition import partial_tucker, tucker

from tensorllm_core.methods.aligned import AlignedTensorLLM, find_turns, turn_heads
from tensorllm_core.methods.laser import Laser
from tensorllm_core.methods.separate import Separate
from tensorllm_core.methods.tensorllm import TensorLLM
from tensorllm_core.methods.trawl import Form, Trawl
from tensorllm_core.types import AttentionWeights, LayerWeights, Layout
from tests.methods.test_tensorise import random_weights, stored

TIGHT = {"n_iter_max": 500, "tol": 1e-10, "init": "svd"}


def uneven_weights(d_model: int, d_head: int, groups: int, shared_by: int, seed: int) -> AttentionWeights:
    """Weights whose best subspaces stand out on every axis of either layout: alternating sweeps have one optimum."""
    weights = random_weights(d_model, d_head, groups, shared_by, seed)
    uneven = []
    for part, name in enumerate("qkvo"):
        even = getattr(weights, name)
        rows = torch.arange(1, d_model + 1) ** -1.5
        columns = torch.arange(1, d_head * even.shape[2] + 1) ** -1.5
        uneven.append(even * rows[:, None, None] * columns.reshape(even.shape[2], d_head).T * 3.0**-part)
    return AttentionWeights(*uneven)


def numbers(weights) -> list[np.ndarray]:
    return [getattr(weights, name).double().numpy() for name in ("q", "k", "v", "o")]


def relative(old, new) -> float:
    lost = sum(float(((a - b) ** 2).sum()) for a, b in zip(old, new, strict=True))
    return (lost / sum(float((a**2).sum()) for a in old)) ** 0.5


def compressed(method, weights, ranks):
    prepared = method.prepare({0: LayerWeights(weights)})
    return prepared.at(dict.fromkeys(prepared.tensors, ranks)).replacements[0].attention


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 2**31), st.sampled_from([(9, 3, 4), (6, 2, 2), (12, 4, 1)]))
def test_the_paper_layout_is_tensorlys_partial_tucker_of_the_heads_stacked_by_hand(seed, ranks):
    weights = uneven_weights(16, 4, 4, 1, seed)
    by_hand = np.stack(numbers(weights), axis=2)
    (core, factors), _ = partial_tucker(by_hand, list(ranks), modes=[0, 1, 2], **TIGHT)
    theirs = relative([by_hand], [tensorly.tenalg.multi_mode_dot(core, factors, modes=[0, 1, 2])])
    ours = relative(numbers(weights), numbers(compressed(TensorLLM(sweeps=200), weights, ranks)))
    assert ours == pytest.approx(theirs, rel=1e-3)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 2**31), st.sampled_from([(9, 3, 4), (6, 2, 2), (12, 4, 1)]))
def test_the_released_layout_is_the_authors_view_of_the_stored_matrices(seed, ranks):
    heads, d_head, hidden = 4, 4, 16
    weights = uneven_weights(hidden, d_head, heads, 1, seed)
    # K, Q, V as they are stored, O transposed, each viewed as hidden x heads x head_dim; the modes of the program.
    q, k, v, o = (matrix.double() for matrix in stored(weights))
    stacked = torch.stack([matrix.reshape(hidden, heads, d_head) for matrix in (k, q, v, o.T)], dim=-1).numpy()
    r1, r2, r3 = ranks
    (core, factors), _ = partial_tucker(stacked, [r1, r2, r3], modes=[0, 2, 3], **TIGHT)
    theirs = relative([stacked], [tensorly.tenalg.multi_mode_dot(core, factors, modes=[0, 2, 3])])
    new = compressed(TensorLLM(Layout.RELEASED_CODE, sweeps=200), weights, ranks)
    assert relative(numbers(weights), numbers(new)) == pytest.approx(theirs, rel=1e-3)


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 2**31), st.sampled_from(["Q", "K", "V", "O"]))
def test_a_part_for_itself_is_tensorlys_partial_tucker_and_leaves_the_others_alone(seed, part):
    weights = uneven_weights(12, 4, 2, 2, seed)
    old = getattr(weights, part.lower()).double().numpy()
    (core, factors), _ = partial_tucker(old, [6, 3], modes=[0, 1], **TIGHT)
    theirs = relative([old], [tensorly.tenalg.multi_mode_dot(core, factors, modes=[0, 1])])
    new = compressed(Separate((part,), sweeps=200), weights, (6, 3))
    assert relative([old], [getattr(new, part.lower()).double().numpy()]) == pytest.approx(theirs, rel=1e-3)
    assert all(getattr(new, name).equal(getattr(weights, name)) for name in "qkvo" if name != part.lower())


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 2**31))
def test_trawls_tucker_is_tensorlys_of_the_stacked_matrices(seed):
    generator = torch.Generator().manual_seed(seed)
    uneven = torch.outer(torch.arange(1, 15) ** -1.5, torch.arange(1, 11) ** -1.5)
    dense = {name: torch.randn(14, 10, generator=generator) * uneven for name in ("gate", "up", "down")}
    stack = np.stack([matrix.double().numpy() for matrix in dense.values()], axis=2)
    core, factors = tucker(stack, [7, 5, 2], **TIGHT)
    theirs = relative([stack], [tensorly.tucker_to_tensor((core, factors))])
    prepared = Trawl(form=Form.TUCKER).prepare({0: LayerWeights(None, dense)})
    new = prepared.at(dict.fromkeys(prepared.tensors, (7, 5, 2))).replacements[0].feed_forward
    ours = relative([stack], [np.stack([new[name].double().numpy() for name in dense], axis=2)])
    assert ours == pytest.approx(theirs, rel=1e-3)


def test_laser_cuts_the_whole_matrix_and_not_its_heads():
    weights = random_weights(12, 3, 4, 1)
    new = compressed(Laser(("V",)), weights, (5,))
    whole = np.concatenate([weights.v[:, :, head].numpy() for head in range(4)], axis=1)
    u, s, vh = np.linalg.svd(whole, full_matrices=False)
    rebuilt = (u[:, :5] * s[:5]) @ vh[:5]
    assert np.allclose(np.concatenate([new.v[:, :, head].numpy() for head in range(4)], axis=1), rebuilt, atol=1e-5)
    assert new.q.equal(weights.q)


@pytest.mark.parametrize(("groups", "shared_by"), [(4, 1), (2, 3), (1, 4)])
def test_turns_are_orthogonal_and_leave_scores_and_outputs_alone(groups, shared_by):
    weights = random_weights(16, 6, groups, shared_by, seed=3)
    turns = find_turns(weights)
    new = turn_heads(weights, turns)
    for turn in (turns.queries_and_keys, turns.values_and_outputs):
        for group in range(groups):
            assert torch.allclose(turn[:, :, group].T @ turn[:, :, group], torch.eye(6), atol=1e-5)
    for head in range(groups * shared_by):
        group = head // shared_by
        assert torch.allclose(new.q[:, :, head] @ new.k[:, :, group].T,
                              weights.q[:, :, head] @ weights.k[:, :, group].T, atol=1e-4)  # fmt: skip
        assert torch.allclose(new.v[:, :, group] @ new.o[:, :, head].T,
                              weights.v[:, :, group] @ weights.o[:, :, head].T, atol=1e-4)  # fmt: skip
    back = turn_heads(new, turns.inverse)
    assert all(torch.allclose(getattr(back, name), getattr(weights, name), atol=1e-5) for name in "qkvo")


def test_a_turned_pair_has_its_energy_in_its_first_columns():
    weights = random_weights(16, 6, 3, 1)
    new = turn_heads(weights, find_turns(weights))
    for first, second in ((new.q, new.k), (new.v, new.o)):
        gram = torch.einsum("dah,dbh->hab", first, first) + torch.einsum("dah,dbh->hab", second, second)
        diagonal = torch.diagonal(gram, dim1=1, dim2=2)
        assert (diagonal.diff(dim=1) <= 1e-3).all()
        assert torch.allclose(gram, torch.diag_embed(diagonal), atol=1e-3)


def test_heads_that_differ_only_by_a_turn_share_more_once_aligned():
    generator = torch.Generator().manual_seed(0)
    one = torch.randn(16, 4, 4, generator=generator) * torch.tensor([1.0, 0.5, 0.1, 0.05])[None, :, None]
    turns = [torch.linalg.qr(torch.randn(4, 4, generator=generator)).Q for _ in range(8)]
    q, k, v, o = (
        torch.stack([one[:, :, part] @ turns[head if part < 2 else head + 4] for head in range(4)], dim=2)
        for part in range(4)
    )
    weights = AttentionWeights(q, k, v, o)
    ranks = (16, 2, 4)
    plain = relative(numbers(weights), numbers(compressed(TensorLLM(), weights, ranks)))
    aligned = relative(numbers(weights), numbers(compressed(AlignedTensorLLM(), weights, ranks)))
    assert aligned < 0.5 * plain
