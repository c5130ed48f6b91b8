"""Attention at ranks: lossless at full ranks, an exact projection at low ones, nothing at all when removed."""

from __future__ import annotations

import dataclasses

import torch

from tensorllm_core.demo.architectures import DECODER
from tensorllm_core.demo.attention import at_ranks, project_attention, removed
from tensorllm_core.demo.world import make_world
from tensorllm_core.models.editing import read_module_attention
from tensorllm_core.models.families import family_of
from tensorllm_core.types import Ranks

PARTS = ("q", "k", "v", "o")


def decoder():
    torch.manual_seed(0)
    return DECODER.build(DECODER.tokenizer(make_world(0)))


def layer(model, number):
    return read_module_attention(model, family_of("llama"), number)


def distance(first, second):
    return sum(float((getattr(first, part) - getattr(second, part)).norm()) ** 2 for part in PARTS) ** 0.5


def test_full_ranks_give_the_weights_back():
    weights = layer(decoder(), 0)
    assert distance(at_ranks(weights, Ranks(128, 16, 4)), weights) < 1e-5 * distance(weights, removed(weights))


def test_a_second_projection_changes_nothing():
    model = decoder()
    project_attention(model, Ranks(12, 6, 4))
    once = [layer(model, number) for number in range(4)]
    project_attention(model, Ranks(12, 6, 4))
    for number, weights in enumerate(once):
        assert distance(layer(model, number), weights) < 1e-5 * distance(weights, removed(weights))


def test_removed_attention_is_all_zeros_of_the_same_shapes():
    weights = layer(decoder(), 0)
    gone = removed(weights)
    for field in dataclasses.fields(weights):
        assert getattr(gone, field.name).shape == getattr(weights, field.name).shape
        assert not getattr(gone, field.name).any()
