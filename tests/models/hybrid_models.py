"""Tiny random models with layers that have no attention; the layers that have some, and the path of their output."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel

__all__ = ["HYBRID", "WITH_ATTENTION", "hybrid_model", "saved_hybrid"]

LAYERS = 5
WITH_ATTENTION = (1, 3)
_TOKENS = {"vocab_size": 50, "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 2}
_SIZES = {
    "hidden_size": 32,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "num_hidden_layers": LAYERS,
    "intermediate_size": 48,
    "max_position_embeddings": 40,
}
_MAMBA_2 = {"mamba_n_heads": 4, "mamba_d_head": 16, "mamba_d_state": 4, "mamba_n_groups": 1}


def _kinds(other: str, attention: str) -> list[str]:
    return [attention if layer in WITH_ATTENTION else other for layer in range(LAYERS)]


HYBRID: dict[str, dict[str, object]] = {
    "bamba": {**_SIZES, **_MAMBA_2, "attn_layer_indices": list(WITH_ATTENTION)},
    "granitemoehybrid": {
        **_SIZES,
        **_MAMBA_2,
        "layer_types": _kinds("mamba", "attention"),
        "num_local_experts": 2,
        "num_experts_per_tok": 1,
        "shared_intermediate_size": 48,
    },
    "jamba": {
        **_SIZES,
        "attn_layer_period": 2,
        "attn_layer_offset": 1,
        "expert_layer_period": 2,
        "expert_layer_offset": 1,
        "num_experts": 2,
        "use_mamba_kernels": False,
        "mamba_d_state": 4,
        "mamba_dt_rank": 4,
    },
    "lfm2": {**_SIZES, "layer_types": _kinds("conv", "full_attention")},
}
"""The options of the config of each model type."""


def hybrid_model(name: str) -> PreTrainedModel:
    """The model with random weights."""
    torch.manual_seed(0)
    return AutoModelForCausalLM.from_config(AutoConfig.for_model(name, **HYBRID[name], **_TOKENS)).eval()


def saved_hybrid(name: str, folder: Path) -> Path:
    """The folder that the model is saved to."""
    hybrid_model(name).save_pretrained(folder)
    return folder
