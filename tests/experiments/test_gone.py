"""What an edit leaves next to nothing of is named, with its error and with what that amounts to."""

from __future__ import annotations

import pytest
import torch

from tensorllm_core.experiments.gone import gone_in_layer, gone_sentence, gone_sentences, gone_slices
from tensorllm_core.linalg.slices import SliceErrors
from tensorllm_core.methods.method import Replacement
from tensorllm_core.types import AttentionWeights, LayerWeights


def attention(heads: int, groups: int, **scales) -> AttentionWeights:
    """Ones; `scales` multiplies a projection by a number, or each of its heads by one of several."""
    return AttentionWeights(
        *(
            torch.ones(6, 2, count) * torch.as_tensor(scales.get(part, 1.0))
            for part, count in zip("qkvo", (heads, groups, groups, heads), strict=True)
        )
    )


CASES = {
    "nothing": (4, 4, {"q": 0.1}, {}),
    "V and O": (4, 4, {"v": 0.02, "o": 0.01}, {"V": 0.98, "O": 0.99}),
    "an error above one": (4, 4, {"q": -0.5}, {"Q": 1.5}),
    "one member": (4, 2, {"o": [0.0, 1.0, 0.0, 1.0]}, {"O1": 1.0}),
    "all members": (4, 2, {"o": [0.0, 0.02, 0.0, 0.02]}, {"O": 0.99}),
    "a member of one group alone": (4, 2, {"o": [0.0, 1.0, 1.0, 1.0]}, {}),
    "a group": (4, 2, {"q": [0, 0, 1, 1], "k": [0, 1], "v": [0, 1], "o": [0, 0, 1, 1]}, {"group 0": 1.0}),
    "a head": (2, 2, {"q": [1, 0], "k": [1, 0], "v": [1, 0], "o": [1, 0.1]}, {"head 1": 0.976}),
    "all of it": (4, 2, {"q": 0.0, "k": 0.0, "v": 0.0, "o": 0.0}, {"Q": 1.0, "K": 1.0, "V": 1.0, "O": 1.0}),
}


@pytest.mark.parametrize("name", CASES)
def test_parts_members_and_groups_above_the_limit_are_named(name):
    heads, groups, scales, expected = CASES[name]
    before, after = LayerWeights(attention(heads, groups)), Replacement(attention(heads, groups, **scales))
    assert gone_in_layer(before, after) == pytest.approx(expected, abs=1e-2)


def test_a_part_that_was_zero_before_cannot_be_gone():
    before = LayerWeights(attention(2, 2, v=0.0))
    assert gone_in_layer(before, Replacement(attention(2, 2, v=0.0, o=0.0))) == {"O": 1.0}


@pytest.mark.parametrize(("scale", "named"), [(1e-5, True), (1e-8, False), (1e-23, False)])
def test_a_part_that_rounding_drowns_is_not_said_to_be_gone(scale, named):
    before, after = (LayerWeights(attention(2, 2, v=value)) for value in (scale, 2.0))
    assert ("V" in gone_in_layer(before, Replacement(after.attention))) is named


def test_feed_forward_matrices_and_what_stays_as_it_is():
    before = LayerWeights(attention(2, 2), {"up": torch.ones(4, 6), "down": torch.ones(4, 6)})
    assert gone_in_layer(before, Replacement(None, {"up": torch.zeros(4, 6)})) == {"up": 1.0}


def test_slices_are_named_as_the_tensor_names_them():
    lost, energy = torch.tensor([[1.0, 1.0], [0.0, 0.0], [1.0, 1.0], [0.1, 0.1]]).numpy(), torch.ones(4, 2).numpy()
    errors = SliceErrors(lost.astype("float64"), energy.astype("float64"))
    assert gone_slices(errors, ("Q", "K", "V", "O"), "head") == {"Q": 1.0, "V": 1.0}


SENTENCES = {
    "V is practically gone (error 0.998): for the model this may be like removing the layer's attention.": {"V": 0.998},
    "K is practically gone (error 0.960): for the model this may be like attention that looks at all tokens alike.": {
        "K": 0.96
    },
    "O1 and O3 are practically gone (errors 0.990, 1.000): for the model this may be like removing query heads 1 and 3 "
    "of every group.": {"O1": 0.99, "O3": 1.0},
    "Q2 is practically gone (error 0.990): for the model this may be like query head 2 of every group looking at all "
    "tokens alike.": {"Q2": 0.99},
    "head 3 is practically gone (error 0.970): for the model this may be like removing it.": {"head 3": 0.97},
    "down is practically gone (error 0.970): for the model this may be like removing the layer's feed-forward part.": {
        "down": 0.97
    },
    "": {},
}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_the_sentence_says_what_it_amounts_to(sentence):
    assert gone_sentence(SENTENCES[sentence]) == sentence


def test_layers_that_lost_the_same_share_a_sentence():
    gone = {0: {"V": 0.96}, 1: {}, 3: {"V": 0.99}, 4: {"O": 1.0}}
    first, second = gone_sentences(gone)
    assert first == (
        "V is practically gone in layers 0 and 3 (error 0.990): for the model this may be like removing these layers' "
        "attention."
    )
    assert second.startswith("O is practically gone in layer 4 (error 1.000)")
    many = gone_sentences({layer: {"O": 1.0} for layer in range(30)})
    assert many[0].startswith("O is practically gone in layers 0, 1, 2, 3 and 26 more (error 1.000)")


def test_layers_that_lost_many_different_things_are_summed_up():
    gone = {0: {"V": 0.96}, 1: {"V": 0.96, "O2": 1.0}, 2: {"K": 1.0}, 3: {"O1": 1.0}, 4: {}, 7: {"O": 0.99}}
    assert gone_sentences(gone) == [
        "In 5 layers something is practically gone (error above 0.95): V or O in 3, which may be like removing their "
        "attention; Q or K in 1, which may be like attention that looks at all tokens alike; single heads, groups or "
        "matrices in 1."
    ]
