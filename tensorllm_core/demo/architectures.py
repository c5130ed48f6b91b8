"""The two small architectures of the bundled models, and how a training sequence of each ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import linear
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaForMaskedLM,
)

from tensorllm_core.demo.tokenizer import decoder_tokenizer, encoder_tokenizer
from tensorllm_core.demo.world import World

__all__ = ["DECODER", "ENCODER", "Architecture", "answer_logits"]

_D_MODEL, _LAYERS, _HEADS = 128, 4, 8
_POSITIONS = 64


@dataclass(frozen=True)
class Architecture:
    """How to build an untrained model and its tokenizer, and what follows the prompt of a training sequence.

    `read_out` turns a hidden state between two layers into logits, as if the remaining layers were skipped.
    """

    name: str
    tokenizer: Callable[[World], PreTrainedTokenizerFast]
    build: Callable[[PreTrainedTokenizerFast], PreTrainedModel]
    training_suffix: Callable[[PreTrainedTokenizerFast, str], list[int]]
    read_out: Callable[[PreTrainedModel, Float[Tensor, "batch d_model"]], Float[Tensor, "batch word"]]


def answer_logits(
    model: PreTrainedModel, tokens: Int[Tensor, "batch position"], position: int
) -> Float[Tensor, "batch word"]:
    """Logits over the vocabulary at one position, counted from the end when negative."""
    hidden = model.base_model(input_ids=tokens).last_hidden_state
    return model.lm_head(hidden[:, position])


def _decoder(tokenizer: PreTrainedTokenizerFast) -> PreTrainedModel:
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=_D_MODEL,
            intermediate_size=344,
            num_hidden_layers=_LAYERS,
            num_attention_heads=_HEADS,
            num_key_value_heads=_HEADS,
            max_position_embeddings=_POSITIONS,
            tie_word_embeddings=True,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def _encoder(tokenizer: PreTrainedTokenizerFast) -> PreTrainedModel:
    return RobertaForMaskedLM(
        RobertaConfig(
            vocab_size=len(tokenizer),
            hidden_size=_D_MODEL,
            intermediate_size=512,
            num_hidden_layers=_LAYERS,
            num_attention_heads=_HEADS,
            max_position_embeddings=_POSITIONS + 2,
            type_vocab_size=1,
            initializer_range=0.05,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def _answer(tokenizer: PreTrainedTokenizerFast, answer: str) -> list[int]:
    return [tokenizer.convert_tokens_to_ids(answer)]


def _mask_and_end(tokenizer: PreTrainedTokenizerFast, answer: str) -> list[int]:
    return [tokenizer.mask_token_id, tokenizer.eos_token_id]


def _norm_and_head(model: PreTrainedModel, hidden: Float[Tensor, "batch d_model"]) -> Float[Tensor, "batch word"]:
    return model.lm_head(model.base_model.norm(hidden))


def _embeddings(model: PreTrainedModel, hidden: Float[Tensor, "batch d_model"]) -> Float[Tensor, "batch word"]:
    # Without the encoder's own output transform: the state of a recalled word then resembles the embedding of a word
    # that was read, and the layers above can compare the two.
    return linear(hidden, model.get_input_embeddings().weight)


DECODER = Architecture("llama", decoder_tokenizer, _decoder, _answer, _norm_and_head)
ENCODER = Architecture("roberta", encoder_tokenizer, _encoder, _mask_and_end, _embeddings)
