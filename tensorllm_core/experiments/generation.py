"""Greedy answers, generated batch by batch: the likeliest token each time, whatever a model's own settings ask for.

A decoder continues each prompt; an encoder fills in the masks at its end. Generation needs the keys and values of
every layer, so it runs the whole model; only the scored passes begin at a later layer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from tensorllm_core.experiments.encoding import ENCODER_MASKS
from tensorllm_core.experiments.limits import ending_tokens, longest_short_row, padding_token
from tensorllm_core.models.family import Objective
from tensorllm_core.models.loaded_model import LoadedModel

__all__ = ["generate_answers"]


@torch.no_grad()
def generate_answers(loaded: LoadedModel, prompts: Sequence[tuple[int, ...]], max_new_tokens: int) -> list[str]:
    """The text that the model writes after each prompt: at most `max_new_tokens` tokens, the likeliest each time.

    An encoder writes as many tokens as a prompt has masks at its end. A text ends before the first token that ends
    texts, see `ending_tokens`.

    Raises:
        FloatingPointError: the model's scores of the next token are no numbers.
    """
    if loaded.checkpoint.family.objective is Objective.FILL_IN:
        return _fill_in(loaded, prompts)
    texts: dict[int, str] = {}
    for numbers in _without_influence(loaded, prompts, max_new_tokens):
        texts |= zip(numbers, _continue(loaded, [prompts[number] for number in numbers], max_new_tokens), strict=True)
    return [texts[number] for number in range(len(prompts))]


def _continue(loaded: LoadedModel, prompts: Sequence[tuple[int, ...]], max_new_tokens: int) -> list[str]:
    # Imported here, because the import takes seconds, and choices need none of it.
    from transformers import GenerationConfig

    width = max(map(len, prompts))
    pad, ends = padding_token(loaded), ending_tokens(loaded)
    model: Any = _without_own_settings(loaded.model, GenerationConfig())
    # Short prompts are padded on the left, so that the next token of every row stands at the same place.
    tokens = torch.tensor([[pad] * (width - len(prompt)) + list(prompt) for prompt in prompts], device=model.device)
    mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts], device=model.device)
    settings = GenerationConfig(
        max_new_tokens=max_new_tokens, do_sample=False, num_beams=1, pad_token_id=pad, eos_token_id=list(ends) or None
    )
    check = _FiniteCheck(torch.tensor(ends, dtype=torch.long, device=model.device), width)
    rows = model.generate(input_ids=tokens, attention_mask=mask, generation_config=settings, logits_processor=[check])
    return [_text(loaded, row, ends) for row in rows[:, width:].tolist()]


def _without_influence(
    loaded: LoadedModel, prompts: Sequence[tuple[int, ...]], max_new_tokens: int
) -> Iterable[list[int]]:
    """The numbers of the prompts in groups, in which none changes what the model writes after another."""
    # A text that may grow longer than its model's short factors serve is written alone: all others would turn too.
    turn = longest_short_row(loaded)
    # A state or a convolution runs over the padding, whatever the mask.
    runs_over_padding = bool(loaded.checkpoint.family.without_attention)
    groups: dict[tuple[int, int], list[int]] = {}
    for number, prompt in enumerate(prompts):
        alone = number + 1 if len(prompt) + max_new_tokens > turn else 0
        groups.setdefault((alone, len(prompt) if runs_over_padding else 0), []).append(number)
    return groups.values()


def _without_own_settings(model: nn.Module, neutral: Any) -> nn.Module:
    """The model, layers and weights shared, with neutral settings of generation instead of those of its files.

    transformers fills every setting that a caller leaves open from the model's own. The model itself stays as it is:
    others may be generating with it.
    """
    view = copy(model)
    view.generation_config = neutral
    return view


class _FiniteCheck:
    """Looks at the scores of every next token on their way, and leaves them as they are."""

    def __init__(self, ends: Int[Tensor, " end"], width: int) -> None:
        self._ends, self._width = ends, width

    def __call__(
        self, tokens: Int[Tensor, "row position"], scores: Float[Tensor, "row vocabulary"]
    ) -> Float[Tensor, "row vocabulary"]:
        # A row that has ended is filled with padding, and nobody reads its scores.
        ended = torch.isin(tokens[:, self._width :], self._ends).any(dim=1)
        _check_finite(scores, ~ended)
        return scores


def _check_finite(scores: Float[Tensor, "row vocabulary"], counts: Bool[Tensor, " row"]) -> None:
    # The maximum is NaN where any score is. One score may be minus infinity: that token is never chosen.
    if not scores.amax(dim=1)[counts].isfinite().all():
        raise FloatingPointError("scores of a next token that are no finite numbers")


def _fill_in(loaded: LoadedModel, prompts: Sequence[tuple[int, ...]]) -> list[str]:
    model: Any = loaded.model
    width = max(map(len, prompts))
    pad = padding_token(loaded)
    tokens = torch.tensor([list(prompt) + [pad] * (width - len(prompt)) for prompt in prompts], device=model.device)
    mask = torch.tensor([[1] * len(prompt) + [0] * (width - len(prompt)) for prompt in prompts], device=model.device)
    # The masks at the end of each prompt: a question may hold the text of a mask too.
    places = torch.tensor([_last_masks(prompt, loaded.tokenizer.mask_token_id) for prompt in prompts])
    scores = model(input_ids=tokens, attention_mask=mask).logits
    scores = scores[torch.arange(len(prompts))[:, None], places]
    _check_finite(scores.flatten(0, 1), torch.ones(scores.shape[0] * scores.shape[1], dtype=torch.bool))
    return [_text(loaded, row, ()) for row in scores.argmax(dim=2).tolist()]


def _last_masks(prompt: tuple[int, ...], mask_token: int) -> list[int]:
    return [place for place, token in enumerate(prompt) if token == mask_token][-ENCODER_MASKS:]


def _text(loaded: LoadedModel, tokens: list[int], ends: tuple[int, ...]) -> str:
    """The text of tokens, up to the first that ends it."""
    length = next((place for place, token in enumerate(tokens) if token in ends), len(tokens))
    return loaded.tokenizer.decode(tokens[:length], skip_special_tokens=True)
