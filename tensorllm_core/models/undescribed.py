"""Attention that the tensor of a layer does not describe: what it is, for the message that refuses it."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["undescribed_attention"]

_LATENT = (
    "multi-head latent attention (MLA), whose keys and values are made from one small vector that all heads share "
    "instead of by matrices that belong to heads"
)
_STATE_SPACE = "state-space layers and no attention"
_RECURRENT = "recurrence instead of attention"
_ENCODER_DECODER = "an encoder, and a decoder whose layers have a second attention that reads the encoder"
_GATED = "attention whose query projection also holds a gate for the output of each head"
_LINEAR = "linear attention in most of its layers"
_BY_TYPE: dict[str, str] = {
    **dict.fromkeys(("deepseek_v2", "deepseek_v3", "deepseek_v32", "glm4_moe_lite", "kimi_k25"), _LATENT),
    **dict.fromkeys(("longcat_flash", "minicpm3"), _LATENT),
    **dict.fromkeys(("mamba", "mamba2", "falcon_mamba"), _STATE_SPACE),
    **dict.fromkeys(("rwkv", "xlstm"), _RECURRENT),
    **dict.fromkeys(("qwen3_next", "qwen3_5", "qwen3_5_moe"), _GATED),
    **dict.fromkeys(("minimax", "kimi_linear"), _LINEAR),
    "diffllama": "differential attention, where each head subtracts one softmax from another",
    "fnet": "a Fourier transform instead of attention",
    "recurrent_gemma": "a recurrence between its layers with attention",
    "zamba": "one attention that several layers share, and that also reads the embeddings",
    "zamba2": "one attention that several layers share, and that also reads the embeddings",
}
_LATENT_KEY = "kv_lora_rank"
"""The key of the width of the vector that MLA's heads share, in the configs of all models that have it."""


def undescribed_attention(config: Mapping[str, object]) -> str | None:
    """What a model has instead of the attention that we describe; None where that is not known.

    >>> undescribed_attention({"model_type": "mamba2"})
    'state-space layers and no attention'
    """
    text = config.get("text_config")
    parts = [config, *([text] if isinstance(text, Mapping) else [])]
    for part in parts:
        if part.get(_LATENT_KEY):
            return _LATENT
        if words := _BY_TYPE.get(str(part.get("model_type"))):
            return words
    return _ENCODER_DECODER if config.get("is_encoder_decoder") is True else None
