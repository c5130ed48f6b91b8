"""A tiny random model of every registered family, and the module path of its output projection for the oracle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import (
    BertConfig,
    BertForMaskedLM,
    GPT2Config,
    GPT2LMHeadModel,
    GPTJConfig,
    GPTJForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    RobertaConfig,
    RobertaForMaskedLM,
)

VOCABULARY = 50
LAYERS = 3
_TOKENS = {"vocab_size": VOCABULARY, "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 2}
_ENCODER = {"hidden_size": 32, "num_attention_heads": 4, "intermediate_size": 48, "num_hidden_layers": LAYERS}
_GPT = {"n_embd": 32, "n_head": 4, "n_layer": LAYERS, "n_positions": 40}


@dataclass(frozen=True)
class Tiny:
    """How to build one, and where its output projection is."""

    family: str
    build: Callable[[], PreTrainedModel]
    output_projection: str


def _llama(heads: int, groups: int, head_dim: int) -> Callable[[], PreTrainedModel]:
    return lambda: LlamaForCausalLM(
        LlamaConfig(
            hidden_size=32,
            intermediate_size=48,
            num_hidden_layers=LAYERS,
            num_attention_heads=heads,
            num_key_value_heads=groups,
            head_dim=head_dim,
            **_TOKENS,
        )
    )


TINY: dict[str, Tiny] = {
    "llama": Tiny("llama", _llama(4, 4, 8), "model.layers.{}.self_attn.o_proj"),
    "llama-grouped-wide": Tiny("llama", _llama(8, 2, 12), "model.layers.{}.self_attn.o_proj"),
    "llama-multi-query": Tiny("llama", _llama(4, 1, 4), "model.layers.{}.self_attn.o_proj"),
    "gpt2": Tiny("gpt2", lambda: GPT2LMHeadModel(GPT2Config(**_GPT, **_TOKENS)), "transformer.h.{}.attn.c_proj"),
    "gptj": Tiny(
        "gptj", lambda: GPTJForCausalLM(GPTJConfig(rotary_dim=4, **_GPT, **_TOKENS)), "transformer.h.{}.attn.out_proj"
    ),
    "bert": Tiny(
        "bert",
        lambda: BertForMaskedLM(BertConfig(**_ENCODER, **_TOKENS)),
        "bert.encoder.layer.{}.attention.output.dense",
    ),
    "roberta": Tiny(
        "roberta",
        lambda: RobertaForMaskedLM(RobertaConfig(max_position_embeddings=40, **_ENCODER, **_TOKENS)),
        "roberta.encoder.layer.{}.attention.output.dense",
    ),
}


def tiny_model(name: str) -> PreTrainedModel:
    """The model with every parameter random, biases and norms too, so that no mistake hides behind a zero."""
    torch.manual_seed(0)
    model = TINY[name].build().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(std=0.2)
    return model


def saved_model(name: str, folder: Path, **options: object) -> Path:
    """The folder that `save_pretrained` writes the tiny model to."""
    tiny_model(name).save_pretrained(folder, **options)
    return folder


def logits(model: torch.nn.Module) -> torch.Tensor:
    """Logits of the model for a fixed batch of two texts."""
    tokens = torch.arange(2 * 7).reshape(2, 7) % (VOCABULARY - 3) + 3
    with torch.no_grad():
        return model(input_ids=tokens, attention_mask=torch.ones_like(tokens)).logits
