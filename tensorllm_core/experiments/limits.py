"""What a model can read: how long a row of tokens, which tokens, and which of them fill a row or end a text."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

from torch import nn

from tensorllm_core.models.loaded_model import LoadedModel

__all__ = ["KnownTokens", "ending_tokens", "known_tokens", "longest_row", "longest_short_row", "padding_token"]

_LONGEST = 2**31

KnownTokens = tuple[int, int]
"""Rows of the embedding, and of the output layer: a token whose number is not below cannot be read, or not predicted.
"""


def longest_row(loaded: LoadedModel) -> int:
    """The most tokens of one row that a model reads: by its config, its tokenizer and its tables of positions.

    A table can have rows that stand for no position of a text. RoBERTa counts positions from the row after that of the
    padding, so that a table of 514 rows serves 512 tokens; OPT's first two rows are not used.
    """
    config: Any = loaded.model.config
    stated: tuple[Any, ...] = (
        getattr(config.get_text_config(), "max_position_embeddings", None),
        getattr(loaded.tokenizer, "model_max_length", None),
    )
    return int(min([*filter(_is_count, stated), *_table_lengths(loaded.model), _LONGEST]))


def longest_short_row(loaded: LoadedModel) -> int:
    """The most tokens of a row in which positions count as in every shorter row.

    LongRoPE (arXiv 2402.13753) turns by other angles where any row of a batch is longer than those of the training, so
    a row has the same scores beside others only if none of them is on the other side.
    """
    return min([*_turns(loaded.model), _LONGEST])


def known_tokens(loaded: LoadedModel) -> KnownTokens:
    """How many tokens the model can read, and how many it can predict; its tokenizer may know more."""
    model: Any = loaded.model
    embedding, output = model.get_input_embeddings(), model.get_output_embeddings()
    return int(embedding.weight.shape[0]), int(output.weight.shape[0])


def padding_token(loaded: LoadedModel) -> int:
    """The token that fills short rows: the tokenizer's own, else the one that ends a text, else 0.

    A model never looks at padding, but it looks it up: a token beyond the embedding is passed over.
    """
    readable, _ = known_tokens(loaded)
    candidates = (loaded.tokenizer.pad_token_id, loaded.tokenizer.eos_token_id)
    return next((token for token in candidates if _is_token(token) and token < readable), 0)


def ending_tokens(loaded: LoadedModel) -> tuple[int, ...]:
    """The tokens that end a text: the tokenizer's own, and what the model's configs name.

    A config that names none has the number of its class, which can be an ordinary word of this tokenizer. So a token
    that only a config names counts where the tokenizer keeps it apart from text.
    """
    tokenizer: Any = loaded.tokenizer
    apart = {*tokenizer.all_special_ids, *getattr(tokenizer, "added_tokens_decoder", {})}
    configs = (loaded.model.config, getattr(loaded.model, "generation_config", None))
    named = [token for config in configs for token in _tokens_in(getattr(config, "eos_token_id", None))]
    own = list(_tokens_in(tokenizer.eos_token_id))
    _, predictable = known_tokens(loaded)
    return tuple(sorted({token for token in [*own, *(each for each in named if each in apart)] if token < predictable}))


def _table_lengths(model: nn.Module) -> Iterator[int]:
    """How many positions of a text each table of learned positions serves."""
    config: Any = model.config
    # A model that also takes pictures has tables for their pieces.
    texts = (each for each in model.modules() if getattr(each, "config", None) is config.get_text_config())
    for name, module in next(texts, model).named_modules():
        own_name = name.rpartition(".")[2]
        if isinstance(module, nn.Embedding) and (own_name == "wpe" or "position" in own_name):
            # What the model's own code subtracts or skips: a row for padding and those before it, or a fixed offset.
            before_first = 0 if module.padding_idx is None else module.padding_idx + 1
            yield module.num_embeddings - max(before_first, int(getattr(module, "offset", 0)))


def _turns(model: nn.Module) -> Iterator[int]:
    """The length of the training, for each kind of layer with LongRoPE."""
    config: Any = model.config
    settings: Any = getattr(config.get_text_config(), "rope_parameters", None) or {}
    for kind in (settings, *settings.values()):
        if isinstance(kind, dict) and kind.get("rope_type") == "longrope":
            yield int(kind["original_max_position_embeddings"])


def _tokens_in(value: object) -> Iterator[int]:
    """The numbers of tokens in a value of a config, which is one number or a list of them, if it is not broken."""
    values: Iterable[Any] = value if isinstance(value, list | tuple) else [value]
    yield from filter(_is_token, values)


def _is_token(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_count(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0 and not math.isnan(value)
