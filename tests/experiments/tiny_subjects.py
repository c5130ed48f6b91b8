"""Tiny random models of every architecture and of its settings that decide what a position sees, with any tokenizer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM

from tensorllm_core.models.loaded_model import LoadedModel, load_model
from tests.experiments.tiny_tokenizers import tiny_tokenizer
from tests.models.tiny_models import TINY, Tiny

VOCABULARY = 600
"""At least as many tokens as any of the tiny tokenizers has."""
LONGEST = 128
_TOKENS = {"vocab_size": VOCABULARY, "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 2}


def _with(name: str, **options: object) -> Tiny:
    return replace(TINY[name], options=TINY[name].options | options)


def _rope(rope_type: str, **options: object) -> dict[str, object]:
    return {"rope_parameters": {"rope_type": rope_type, "rope_theta": 10000.0, **options}}


_LLAMA3 = {"factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 32}
_LONG = {"short_factor": [1.0, 1.5, 2.0, 2.5], "long_factor": [2.0, 3.0, 4.0, 5.0]}
_TURN = 11
"""Shorter than some rows of a question set, and longer than others."""
_GRANITE = {"embedding_multiplier": 3.0, "attention_multiplier": 0.2, "residual_multiplier": 0.5, "logits_scaling": 2.0}
_CAPPED = {"sliding_window": 6, "attn_logit_softcapping": 2.0, "final_logit_softcapping": 3.0}

VARIANTS = {
    "llama, linear rope": _with("llama", **_rope("linear", factor=2.0)),
    "llama, dynamic rope": _with("llama", **_rope("dynamic", factor=2.0)),
    "llama, yarn rope": _with("llama", **_rope("yarn", factor=4.0, original_max_position_embeddings=32)),
    "llama, llama3 rope": _with("llama", **_rope("llama3", **_LLAMA3)),
    "llama, tied": _with("llama", tie_word_embeddings=True),
    "llama, window that it ignores": _with(
        "llama", sliding_window=5, layer_types=["sliding_attention", "full_attention", "sliding_attention"]
    ),
    "gemma, window that it ignores": _with("gemma", sliding_window=5),
    "olmo2, no window at all": _with("olmo2", sliding_window=0),
    "ministral, window": _with(
        "ministral", sliding_window=5, layer_types=["full_attention", "sliding_attention", "full_attention"]
    ),
    "llama, biases": _with("llama", attention_bias=True, mlp_bias=True),
    "phi3, long rope": _with(
        "phi3",
        **_rope("longrope", factor=1.5, original_max_position_embeddings=LONGEST, **_LONG),
        original_max_position_embeddings=LONGEST,
    ),
    "phi3, long rope from some row on": _with(
        "phi3",
        **_rope("longrope", factor=1.5, original_max_position_embeddings=_TURN, **_LONG),
        original_max_position_embeddings=_TURN,
    ),
    "phi, partial rope": _with("phi", partial_rotary_factor=0.5),
    "mistral, window": _with("mistral", sliding_window=5),
    "starcoder2, window": _with("starcoder2", sliding_window=5),
    "gemma2, window and caps": _with("gemma2", **_CAPPED),
    "gemma3_text, window": _with("gemma3_text", sliding_window=5, sliding_window_pattern=2),
    "cohere2, window": _with("cohere2", sliding_window=5, sliding_window_pattern=2, logit_scale=0.3),
    "granite, multipliers": _with("granite", **_GRANITE),
    "falcon, alibi": _with("falcon-plain", alibi=True),
    "falcon, one norm": _with("falcon-multi-query", parallel_attn=False),
    "gpt_neox, one after another": _with("gpt_neox", use_parallel_residual=False),
    "opt, norm after": _with("opt", do_layer_norm_before=False),
    "qwen2, window": _with("qwen2", use_sliding_window=True, sliding_window=5, max_window_layers=1),
}
SUBJECTS = TINY | VARIANTS
DECODERS = sorted(name for name, tiny in SUBJECTS.items() if tiny.objective is AutoModelForCausalLM)
ENCODERS = sorted(set(SUBJECTS) - set(DECODERS))


def save_subject(name: str, folder: Path, dtype: torch.dtype = torch.float32, **options: object) -> Path:
    """The folder to which the model is saved, every parameter random; it has no tokenizer yet."""
    tiny = SUBJECTS[name]
    positions = {"n_positions" if "n_positions" in tiny.options else "max_position_embeddings": LONGEST + 2}
    torch.manual_seed(0)
    sized = replace(tiny, options=tiny.options | positions | options, tokens=_TOKENS | _of_tokens(options))
    model = sized.build().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(std=0.2)
    model.to(dtype).save_pretrained(folder)
    return folder


def load_subject(folder: Path, tokenizer: Any, dtype: torch.dtype = torch.float32) -> LoadedModel:
    """The model of a folder as the product loads it, with that tokenizer."""
    # Not every tokenizer here is of a class that transformers finds by itself.
    tiny_tokenizer("byte-level").save_pretrained(folder)
    return replace(load_model(str(folder), device="cpu", dtype=dtype), tokenizer=tokenizer)


def _of_tokens(options: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in options.items() if name in _TOKENS}
