"""Project the attention of a model to given ranks, as training does."""

from __future__ import annotations

from transformers import PreTrainedModel

from tensorllm_core.linalg.hosvd import hosvd, reconstruct, truncate
from tensorllm_core.methods.tensorise import detensorise, tensorise
from tensorllm_core.models.families import family_of
from tensorllm_core.models.module_weights import read_module_attention, write_module_attention
from tensorllm_core.types import AttentionTensor, Ranks

__all__ = ["project_attention"]


def project_attention(model: PreTrainedModel, ranks: Ranks) -> None:
    """Replace every layer's attention by its truncated HOSVD, in place."""
    family = family_of(model.config.model_type)
    for layer in range(model.config.num_hidden_layers):
        tensor = tensorise(read_module_attention(model, family, layer))
        low_rank = reconstruct(truncate(hosvd(tensor.data), ranks))
        projected = detensorise(AttentionTensor(low_rank, tensor.parts, tensor.layout))
        write_module_attention(model, family, layer, projected)
