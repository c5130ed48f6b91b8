"""The projection of training is a projection: a second one changes nothing."""

from __future__ import annotations

import torch

from tensorllm_core.demo.architectures import DECODER
from tensorllm_core.demo.attention import project_attention
from tensorllm_core.demo.world import make_world
from tensorllm_core.models.families import family_of
from tensorllm_core.models.module_weights import read_module_attention
from tensorllm_core.types import Ranks

PARTS = ("q", "k", "v", "o")


def decoder():
    torch.manual_seed(0)
    return DECODER.build(DECODER.tokenizer(make_world(0)))


def layer(model, number):
    return read_module_attention(model, family_of("llama"), number)


def norm(weights):
    return sum(float(getattr(weights, part).norm()) ** 2 for part in PARTS) ** 0.5


def distance(first, second):
    return sum(float((getattr(first, part) - getattr(second, part)).norm()) ** 2 for part in PARTS) ** 0.5


def test_a_second_projection_changes_nothing():
    model = decoder()
    project_attention(model, Ranks(12, 6, 4))
    once = [layer(model, number) for number in range(4)]
    project_attention(model, Ranks(12, 6, 4))
    for number, weights in enumerate(once):
        assert distance(layer(model, number), weights) < 1e-5 * norm(weights)
