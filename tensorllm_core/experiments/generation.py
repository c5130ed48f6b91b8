"""Greedy answers, generated batch by batch.

A decoder continues each prompt; an encoder fills in the masks at its end. Generation needs the keys and values of
every layer, so it runs the whole model; only the scored passes begin at a later layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from tensorllm_core.experiments.encoding import padding_token
from tensorllm_core.models.family import Objective
from tensorllm_core.models.loaded_model import LoadedModel

__all__ = ["generate_answers"]


@torch.no_grad()
def generate_answers(loaded: LoadedModel, prompts: Sequence[tuple[int, ...]], max_new_tokens: int) -> list[str]:
    """The text that the model writes after each prompt: at most `max_new_tokens` tokens, the likeliest each time.

    An encoder writes as many tokens as a prompt has masks at its end.
    """
    if loaded.checkpoint.family.objective is Objective.FILL_IN:
        return _fill_in(loaded, prompts)
    return _continue(loaded, prompts, max_new_tokens)


def _continue(loaded: LoadedModel, prompts: Sequence[tuple[int, ...]], max_new_tokens: int) -> list[str]:
    model: Any = loaded.model
    width = max(map(len, prompts))
    pad = padding_token(loaded)
    # Short prompts are padded on the left, so that the next token of every row stands at the same place.
    tokens = torch.tensor([[pad] * (width - len(prompt)) + list(prompt) for prompt in prompts], device=model.device)
    mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts], device=model.device)
    rows = model.generate(
        input_ids=tokens,
        attention_mask=mask,
        max_new_tokens=max_new_tokens,
        do_sample=False,
        num_beams=1,
        pad_token_id=pad,
    )
    return loaded.tokenizer.batch_decode(rows[:, width:], skip_special_tokens=True)


def _fill_in(loaded: LoadedModel, prompts: Sequence[tuple[int, ...]]) -> list[str]:
    model: Any = loaded.model
    width = max(map(len, prompts))
    pad = padding_token(loaded)
    tokens = torch.tensor([list(prompt) + [pad] * (width - len(prompt)) for prompt in prompts], device=model.device)
    mask = torch.tensor([[1] * len(prompt) + [0] * (width - len(prompt)) for prompt in prompts], device=model.device)
    best = model(input_ids=tokens, attention_mask=mask).logits.argmax(dim=2)
    masked = tokens == loaded.tokenizer.mask_token_id
    answers = (row[at_masks] for row, at_masks in zip(best, masked, strict=True))
    return [loaded.tokenizer.decode(answer, skip_special_tokens=True) for answer in answers]
