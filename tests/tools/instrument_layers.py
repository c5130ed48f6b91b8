"""Layers and ranks at which the live figures are held to the core."""

from __future__ import annotations

import random
from dataclasses import replace

import torch

from pages.session.plans import layer_plan
from pages.session.scene import Scene
from tensorllm_core.linalg.hosvd import short_modes
from tensorllm_core.linalg.landscape import landscape
from tensorllm_core.linalg.leading import leading_hosvd
from tensorllm_core.linalg.rank_choice import clamp_ranks, rank_limits
from tensorllm_core.models.checkpoint import open_checkpoint
from tensorllm_core.runs.layer_analysis import LayerAnalysis
from tensorllm_core.runs.layer_decomposition import analyse_layer
from tensorllm_core.types import Ranks, TensorShape
from tests.tools.instrument_page import made_up_analysis


def bundled(name: str) -> LayerAnalysis:
    scene = Scene().with_fields(model=name, layer=1)
    checkpoint = open_checkpoint(name)
    return analyse_layer(layer_plan(scene, checkpoint), checkpoint)


def grouped() -> LayerAnalysis:
    return made_up_analysis(TensorShape(60, 12, 6, 3))


def first_picture(shape: TensorShape, leading: int) -> LayerAnalysis:
    """A random layer of which only so many directions of mode 1 are known yet."""
    tensor = torch.randn(*shape, generator=torch.Generator().manual_seed(5))
    first = leading_hosvd(short_modes(tensor), leading)
    whole = made_up_analysis(shape)
    return LayerAnalysis(whole.plan, replace(whole.tensor, data=tensor), first, landscape(first))


MODELS = {
    "decoder with noise": lambda: bundled("demo-decoder-noisy"),
    "encoder": lambda: bundled("demo-encoder"),
    "grouped attention": grouped,
}


def random_ranks(analysis: LayerAnalysis, count: int) -> list[Ranks]:
    """Valid ranks of all sizes."""
    draw = random.Random(7)
    limits = rank_limits(analysis.shape)
    wishes = [Ranks(*(round(limit ** draw.random()) for limit in limits)) for _ in range(count)]
    return [clamp_ranks(analysis.shape, wish) for wish in wishes]
