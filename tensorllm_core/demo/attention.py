"""A bundled model's attention at given ranks: projection in training, replacements when it is scored."""

from __future__ import annotations

import torch
from transformers import PreTrainedModel

from tensorllm_core.linalg.hosvd import hosvd, reconstruct, truncate
from tensorllm_core.linalg.refinement import refine
from tensorllm_core.methods.tensorise import detensorise, tensorise
from tensorllm_core.models.editing import read_module_attention, write_module_attention
from tensorllm_core.models.families import family_of
from tensorllm_core.types import AttentionTensor, AttentionWeights, Ranks

__all__ = ["at_ranks", "project_attention", "removed"]

_SWEEPS = 10


def at_ranks(weights: AttentionWeights, ranks: Ranks) -> AttentionWeights:
    """TensorLLM: the refined Tucker decomposition of a layer's attention, written out as its four projections."""
    tensor = tensorise(weights)
    low_rank = reconstruct(refine(hosvd(tensor.data), ranks, max_sweeps=_SWEEPS).tucker)
    return detensorise(AttentionTensor(low_rank, tensor.parts, tensor.layout))


def removed(weights: AttentionWeights) -> AttentionWeights:
    """The control: a layer whose attention adds nothing but its biases."""
    return AttentionWeights(*(torch.zeros_like(part) for part in (weights.q, weights.k, weights.v, weights.o)))


def project_attention(model: PreTrainedModel, ranks: Ranks) -> None:
    """Replace every layer's attention by its truncated HOSVD, in place."""
    family = family_of(model.config.model_type)
    for layer in range(model.config.num_hidden_layers):
        tensor = tensorise(read_module_attention(model, family, layer))
        low_rank = reconstruct(truncate(hosvd(tensor.data), ranks))
        projected = detensorise(AttentionTensor(low_rank, tensor.parts, tensor.layout))
        write_module_attention(model, family, layer, projected)
