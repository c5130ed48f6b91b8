"""Log-probabilities of answers: one pass over a batch of rows, logits computed at the scored positions only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from tensorllm_core.experiments.rows import Probe
from tensorllm_core.models.branches import branch_inputs

__all__ = ["Batch", "batches", "score_batch"]

_MOST_LOGITS = 2**26


@dataclass(frozen=True, eq=False)
class Batch:
    """Rows of tokens, padded on the right, and where the tokens of each target are predicted.

    `mask` is None for models that read from left to right: there the padding on the right changes nothing. `depths`
    and `ends` are those of the probes, None where no row has several branches. The logits are computed at the `scored`
    positions only, one after another; `places` says which of them belong to each target.
    """

    key: str
    tokens: Int[Tensor, "row position"]
    mask: Int[Tensor, "row position"] | None
    depths: Int[Tensor, "row position"] | None
    ends: Int[Tensor, "row position"] | None
    scored_rows: Int[Tensor, " scored"]
    scored_positions: Int[Tensor, " scored"]
    places: Int[Tensor, "row target length"]
    target_tokens: Int[Tensor, "row target length"]
    is_token: Bool[Tensor, "row target length"]
    """False where a target is shorter than the longest of the batch."""
    is_target: Bool[np.ndarray, "row target"]
    """False where a row has fewer targets than the batch has at most."""
    questions: Int[np.ndarray, " answer"]
    choices: Int[np.ndarray, " answer"]


def batches(
    probes: Sequence[Probe], *, most_rows: int, most_tokens: int, vocabulary: int, pad: int, masked: bool, key: str
) -> list[Batch]:
    """Rows of similar length together, so that there is little padding; the same probes always give the same batches.

    Args:
        most_rows: rows of one batch; fewer, where they would have too many tokens or logits.
        most_tokens: tokens of one batch, with the padding; one row is never too much.
        vocabulary: how many tokens the model knows.
        pad: the token that fills short rows.
        masked: whether the model needs a mask that says which tokens are padding.
        key: a name of the probes; the key of each batch begins with it.
    """
    ordered = sorted(probes, key=lambda probe: (len(probe.tokens), probe.question))
    batch_list = []
    start = 0
    while start < len(ordered):
        # One batch: rows are added until one more would be too much; a single row is never too much.
        stop, scored = start, 0
        while stop < len(ordered) and stop - start < most_rows:
            scored += len(ordered[stop].scored)
            tokens = (stop - start + 1) * len(ordered[stop].tokens)
            if stop > start and (tokens > most_tokens or scored * vocabulary > _MOST_LOGITS):
                break
            stop += 1
        batch_list.append(_batch(ordered[start:stop], pad, masked, f"{key} {start} {stop}"))
        start = stop
    return batch_list


@torch.no_grad()
def score_batch(model: nn.Module, batch: Batch) -> Float[np.ndarray, " answer"]:
    """Log-probability of each answer in nats, summed over its tokens, in the order of `questions` and `choices`."""
    device = next(model.parameters()).device
    # 1. The logits at the scored positions.
    inputs: dict[str, Any] = {"input_ids": batch.tokens.to(device)}
    if batch.mask is not None:
        inputs["attention_mask"] = batch.mask.to(device)
    elif batch.depths is not None and batch.ends is not None:
        inputs |= branch_inputs(model, batch.depths.to(device), batch.ends.to(device))
    else:
        inputs["use_cache"] = False
    with _output_at(model, batch.scored_rows.to(device), batch.scored_positions.to(device)):
        logits = model(**inputs).logits[0].float()
    # 2. The log-probability of each token of each target.
    normaliser = logits.logsumexp(dim=1)
    places = batch.places.to(device)
    token_scores = logits[places, batch.target_tokens.to(device)] - normaliser[places]
    # 3. Their sums, without the padding.
    scores = token_scores.masked_fill(~batch.is_token.to(device), 0.0).sum(dim=2)
    return scores.cpu().numpy()[batch.is_target]


@contextmanager
def _output_at(model: nn.Module, rows: Int[Tensor, " scored"], positions: Int[Tensor, " scored"]) -> Iterator[None]:
    """Let the output layer see the scored positions only: its vocabulary is most of the work of a small batch."""

    def pick(_layer: nn.Module, inputs: tuple) -> tuple:
        return (inputs[0][rows, positions][None], *inputs[1:])

    output: Any = model.get_output_embeddings()  # type: ignore[operator]
    handle = output.register_forward_pre_hook(pick)
    try:
        yield
    finally:
        handle.remove()


def _batch(probes: Sequence[Probe], pad: int, masked: bool, key: str) -> Batch:
    # 1. Arrays as large as the longest row, the longest target and the most targets.
    width = max(len(probe.tokens) for probe in probes)
    length = max(len(target.tokens) for probe in probes for target in probe.targets)
    shape = (len(probes), max(len(probe.targets) for probe in probes), length)
    tokens = np.full((len(probes), width), pad)
    mask = np.zeros((len(probes), width), dtype=np.int64)
    # Padding sees itself alone.
    depths, ends = np.zeros((len(probes), width), dtype=np.int64), np.tile(np.arange(1, width + 1), (len(probes), 1))
    places, target_tokens = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    is_token, is_target = np.zeros(shape, dtype=bool), np.zeros(shape[:2], dtype=bool)
    scored_rows: list[int] = []
    scored_positions: list[int] = []
    # 2. Each probe fills the beginning of its row.
    for row, probe in enumerate(probes):
        size = len(probe.tokens)
        tokens[row, :size], mask[row, :size] = probe.tokens, 1
        depths[row, :size] = probe.depths or range(size)
        ends[row, :size] = probe.ends or size
        scored = probe.scored
        place_of = {position: len(scored_rows) + place for place, position in enumerate(scored)}
        scored_rows += [row] * len(scored)
        scored_positions += scored
        for number, target in enumerate(probe.targets):
            places[row, number, : len(target.tokens)] = [place_of[position] for position in target.positions]
            target_tokens[row, number, : len(target.tokens)] = target.tokens
            is_token[row, number, : len(target.tokens)] = True
        is_target[row, : len(probe.targets)] = True
    # 3. Which question and choice each target answers, in the order of `is_target`.
    has_branches = any(probe.ends for probe in probes)
    return Batch(
        key=key,
        tokens=torch.from_numpy(tokens),
        mask=torch.from_numpy(mask) if masked else None,
        depths=torch.from_numpy(depths) if has_branches else None,
        ends=torch.from_numpy(ends) if has_branches else None,
        scored_rows=torch.tensor(scored_rows),
        scored_positions=torch.tensor(scored_positions),
        places=torch.from_numpy(places),
        target_tokens=torch.from_numpy(target_tokens),
        is_token=torch.from_numpy(is_token),
        is_target=is_target,
        questions=np.array([probe.question for probe in probes for _ in probe.targets]),
        choices=np.array([target.choice for probe in probes for target in probe.targets]),
    )
