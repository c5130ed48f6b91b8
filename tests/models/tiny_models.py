"""A tiny random model of every registered model type: a new family needs an entry in `TINY` and nothing else here.

The tests of families, edits, loading and prefix reuse run on every entry, and check the family against the model.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

VOCABULARY = 50
LAYERS = 3
_TOKENS = {"vocab_size": VOCABULARY, "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 2}
_SIZES = {
    "hidden_size": 32,
    "num_attention_heads": 4,
    "num_hidden_layers": LAYERS,
    "intermediate_size": 48,
    "max_position_embeddings": 40,
}
_GPT = {"n_embd": 32, "n_head": 4, "n_layer": LAYERS, "n_positions": 40}
_GROUPED = {**_SIZES, "num_key_value_heads": 2}
_WIDE = {**_GROUPED, "head_dim": 12}
_GEMMA = {**_WIDE, "query_pre_attn_scalar": 12}
_DECODER = "model.layers.{}.self_attn.o_proj"
_OLD_DECODER = "transformer.h.{}"
_BERT = "encoder.layer.{}.attention.output.dense"


@dataclass(frozen=True)
class Tiny:
    """How to build a tiny model, and what the tests must know about its architecture.

    `output_projection` is the path of the module of a layer's output projection. `is_normed` says that the scale of a
    query or a key is not free, because a norm or another product follows. `shares_layers` says that all layers use the
    same weights. `turning_depends_on_config` says that other configs of this type may answer `turns_freely` otherwise.
    """

    model_type: str
    options: dict[str, object]
    output_projection: str
    objective: type = AutoModelForCausalLM
    is_normed: bool = False
    shares_layers: bool = False
    turning_depends_on_config: bool = False
    tokens: dict[str, object] = field(default_factory=lambda: dict(_TOKENS))

    def build(self) -> PreTrainedModel:
        """The model, as its config class initialises it."""
        return self.objective.from_config(AutoConfig.for_model(self.model_type, **self.options, **self.tokens))


def _encoder(model_type: str, options: dict[str, object], output_projection: str, **more: bool) -> Tiny:
    return Tiny(model_type, options, output_projection, AutoModelForMaskedLM, **more)


_NEO = {
    "hidden_size": 32,
    "num_layers": LAYERS,
    "num_heads": 4,
    "intermediate_size": 48,
    "max_position_embeddings": 40,
    "attention_types": [[["global", "local", "global"], 1]],
}
_FALCON = {"hidden_size": 32, "num_attention_heads": 4, "num_hidden_layers": LAYERS}
_MODERN = {**_SIZES, "cls_token_id": 0, "sep_token_id": 1, "global_attn_every_n_layers": 2, "local_attention": 4}
_DEBERTA = {**_SIZES, "relative_attention": True, "pos_att_type": ["p2c", "c2p"], "position_buckets": 8}

_EXPERTS = {**_GROUPED, "num_experts": 2, "moe_intermediate_size": 16, "num_experts_per_tok": 1}

TINY: dict[str, Tiny] = {
    "llama": Tiny("llama", {**_SIZES, "num_key_value_heads": 4}, _DECODER),
    "llama-grouped-wide": Tiny(
        "llama", {**_SIZES, "num_attention_heads": 8, "num_key_value_heads": 2, "head_dim": 12}, _DECODER
    ),
    "llama-multi-query": Tiny("llama", {**_SIZES, "num_key_value_heads": 1, "head_dim": 4}, _DECODER),
    "mistral": Tiny("mistral", _WIDE, _DECODER),
    "ministral": Tiny("ministral", _WIDE, _DECODER),
    "mixtral": Tiny("mixtral", {**_GROUPED, "num_local_experts": 2}, _DECODER),
    "qwen2": Tiny("qwen2", _GROUPED, _DECODER),
    "qwen3": Tiny("qwen3", _WIDE, _DECODER, is_normed=True),
    "gemma": Tiny("gemma", _WIDE, _DECODER),
    "gemma2": Tiny("gemma2", _GEMMA, _DECODER),
    "gemma3_text": Tiny("gemma3_text", _GEMMA, _DECODER, is_normed=True),
    "phi": Tiny("phi", _GROUPED, "model.layers.{}.self_attn.dense"),
    "phi3": Tiny("phi3", _GROUPED, _DECODER),
    "stablelm": Tiny("stablelm", _GROUPED, _DECODER),
    "smollm3": Tiny("smollm3", _GROUPED, _DECODER),
    "olmo2": Tiny("olmo2", _GROUPED, _DECODER, is_normed=True),
    "granite": Tiny("granite", _GROUPED, _DECODER),
    "cohere": Tiny("cohere", {**_GROUPED, "logit_scale": 1.0}, _DECODER),
    "cohere2": Tiny("cohere2", {**_WIDE, "logit_scale": 1.0}, _DECODER),
    "starcoder2": Tiny("starcoder2", _GROUPED, _DECODER),
    "qwen2_moe": Tiny("qwen2_moe", {**_EXPERTS, "shared_expert_intermediate_size": 16}, _DECODER),
    "qwen3_moe": Tiny("qwen3_moe", {**_EXPERTS, "head_dim": 12}, _DECODER, is_normed=True),
    "olmo": Tiny("olmo", _GROUPED, _DECODER),
    "olmo3": Tiny("olmo3", _GROUPED, _DECODER, is_normed=True),
    "olmoe": Tiny("olmoe", _EXPERTS, _DECODER, is_normed=True),
    "granitemoe": Tiny("granitemoe", {**_GROUPED, "num_local_experts": 2, "num_experts_per_tok": 1}, _DECODER),
    "phimoe": Tiny("phimoe", {**_GROUPED, "num_local_experts": 2}, _DECODER),
    "gpt_oss": Tiny("gpt_oss", {**_WIDE, "num_local_experts": 2, "num_experts_per_tok": 1}, _DECODER),
    "gpt2": Tiny("gpt2", _GPT, f"{_OLD_DECODER}.attn.c_proj"),
    "gptj": Tiny("gptj", {**_GPT, "rotary_dim": 4}, f"{_OLD_DECODER}.attn.out_proj"),
    "gpt_neo": Tiny("gpt_neo", _NEO, f"{_OLD_DECODER}.attn.attention.out_proj"),
    "gpt_neox": Tiny("gpt_neox", _SIZES, "gpt_neox.layers.{}.attention.dense"),
    "opt": Tiny(
        "opt",
        {**_SIZES, "ffn_dim": 48, "word_embed_proj_dim": 32},
        "model.decoder.layers.{}.self_attn.out_proj",
    ),
    "bloom": Tiny("bloom", {"hidden_size": 32, "n_layer": LAYERS, "n_head": 4}, f"{_OLD_DECODER}.self_attention.dense"),
    "falcon-grouped": Tiny(
        "falcon",
        {**_FALCON, "new_decoder_architecture": True, "num_kv_heads": 2},
        f"{_OLD_DECODER}.self_attention.dense",
    ),
    "falcon-multi-query": Tiny("falcon", _FALCON, f"{_OLD_DECODER}.self_attention.dense"),
    "falcon-plain": Tiny("falcon", {**_FALCON, "multi_query": False}, f"{_OLD_DECODER}.self_attention.dense"),
    "bert": _encoder("bert", _SIZES, f"bert.{_BERT}"),
    "roberta": _encoder("roberta", _SIZES, f"roberta.{_BERT}"),
    "xlm-roberta": _encoder("xlm-roberta", _SIZES, f"roberta.{_BERT}"),
    "camembert": _encoder("camembert", _SIZES, f"roberta.{_BERT}"),
    "electra": _encoder("electra", {**_SIZES, "embedding_size": 16}, f"electra.{_BERT}"),
    "deberta-v2": _encoder("deberta-v2", _DEBERTA, f"deberta.{_BERT}", is_normed=True, turning_depends_on_config=True),
    "distilbert": _encoder(
        "distilbert",
        {"dim": 32, "hidden_dim": 48, "n_layers": LAYERS, "n_heads": 4, "max_position_embeddings": 40},
        "distilbert.transformer.layer.{}.attention.out_lin",
    ),
    "modernbert": _encoder("modernbert", _MODERN, "model.layers.{}.attn.Wo"),
    "albert": _encoder(
        "albert",
        {**_SIZES, "embedding_size": 16},
        "albert.encoder.albert_layer_groups.0.albert_layers.0.attention.dense",
        shares_layers=True,
    ),
}

WITHOUT_TINY = {"gemma3"}
"""Model types that also take pictures: their text part is another model type, and has a tiny model."""


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


def with_tokenizer(folder: Path) -> Path:
    """The folder of a model, to which a tokenizer of one token for each word is added."""
    words = Tokenizer(WordLevel({f"w{number}": number for number in range(VOCABULARY)}, unk_token="w0"))
    words.pre_tokenizer = Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=words, unk_token="w0").save_pretrained(folder)
    return folder


def logits(model: torch.nn.Module) -> torch.Tensor:
    """Logits of the model for a fixed batch of two texts."""
    tokens = torch.arange(2 * 7).reshape(2, 7) % (VOCABULARY - 3) + 3
    with torch.no_grad():
        return model(input_ids=tokens, attention_mask=torch.ones_like(tokens)).logits
