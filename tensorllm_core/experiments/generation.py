"""Greedy answers, generated batch by batch.

A decoder continues each prompt; an encoder fills in the masks at its end. Generation keeps the keys and values of
every layer, so it runs the whole model: the recorded prefix serves the scored passes alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from tensorllm_core.models.family import Objective
from tensorllm_core.models.loaded_model import LoadedModel

__all__ = ["generate_answers"]


@torch.no_grad()
def generate_answers(loaded: LoadedModel, prompts: Sequence[tuple[int, ...]], max_new_tokens: int) -> list[str]:
    """The text that the model puts after each prompt; at most `max_new_tokens` tokens, chosen greedily."""
    if loaded.checkpoint.family.objective is Objective.FILL_IN:
        return _filled_in(loaded, prompts)
    return _continued(loaded, prompts, max_new_tokens)


def _continued(loaded: LoadedModel, prompts: Sequence[tuple[int, ...]], max_new_tokens: int) -> list[str]:
    model: Any = loaded.model
    width = max(map(len, prompts))
    pad = _pad(loaded)
    # On the left, so that every row's next token stands at the same place.
    tokens = torch.tensor([[pad] * (width - len(prompt)) + list(prompt) for prompt in prompts], device=model.device)
    mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts], device=model.device)
    found = model.generate(
        input_ids=tokens,
        attention_mask=mask,
        max_new_tokens=max_new_tokens,
        do_sample=False,
        num_beams=1,
        pad_token_id=pad,
    )
    return loaded.tokenizer.batch_decode(found[:, width:], skip_special_tokens=True)


def _filled_in(loaded: LoadedModel, prompts: Sequence[tuple[int, ...]]) -> list[str]:
    model: Any = loaded.model
    width = max(map(len, prompts))
    pad = _pad(loaded)
    tokens = torch.tensor([list(prompt) + [pad] * (width - len(prompt)) for prompt in prompts], device=model.device)
    mask = torch.tensor([[1] * len(prompt) + [0] * (width - len(prompt)) for prompt in prompts], device=model.device)
    best = model(input_ids=tokens, attention_mask=mask).logits.argmax(dim=2)
    masked = tokens == loaded.tokenizer.mask_token_id
    found = (row[here] for row, here in zip(best, masked, strict=True))
    return [loaded.tokenizer.decode(row, skip_special_tokens=True) for row in found]


def _pad(loaded: LoadedModel) -> int:
    tokenizer: Any = loaded.tokenizer
    return next((token for token in (tokenizer.pad_token_id, tokenizer.eos_token_id) if token is not None), 0)
