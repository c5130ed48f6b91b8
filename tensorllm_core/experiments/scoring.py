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

from tensorllm_core.experiments.encoding import Probe

__all__ = ["Batch", "batches", "score_batch"]

_MOST_TOKENS = 2**14
_MOST_LOGITS = 2**26


@dataclass(frozen=True, eq=False)
class Batch:
    """Rows of tokens, padded on the right, and where each target's tokens are predicted.

    `mask` is None for models that read from left to right: there what stands to the right changes nothing.
    """

    key: str
    tokens: Int[Tensor, "row position"]
    mask: Int[Tensor, "row position"] | None
    scored_rows: Int[Tensor, " scored"]
    scored_positions: Int[Tensor, " scored"]
    places: Int[Tensor, "row length"]
    target_tokens: Int[Tensor, "row target length"]
    target_lengths: Bool[Tensor, "row target length"]
    questions: Int[np.ndarray, " answer"]
    choices: Int[np.ndarray, " answer"]
    valid: Bool[np.ndarray, "row target"]


def batches(
    probes: Sequence[Probe], *, most_rows: int, vocabulary: int, pad: int, masked: bool, key: str
) -> list[Batch]:
    """Rows of similar length together, so that little is padded; the same probes always give the same batches."""
    ordered = sorted(probes, key=lambda probe: (len(probe.tokens), probe.question))
    made = []
    start = 0
    while start < len(ordered):
        stop, scored = start, 0
        while stop < len(ordered) and stop - start < most_rows:
            scored += len(ordered[stop].positions)
            full = (stop - start + 1) * len(ordered[stop].tokens) > _MOST_TOKENS or scored * vocabulary > _MOST_LOGITS
            if full and stop > start:
                break
            stop += 1
        made.append(_batch(ordered[start:stop], pad, masked, f"{key} {start} {stop}"))
        start = stop
    return made


@torch.no_grad()
def score_batch(model: nn.Module, batch: Batch) -> Float[np.ndarray, " answer"]:
    """Log-probability of each answer in nats, summed over its tokens, in the order of `questions` and `choices`."""
    device = next(model.parameters()).device
    named: dict[str, Any] = {"input_ids": batch.tokens.to(device)}
    if batch.mask is not None:
        named["attention_mask"] = batch.mask.to(device)
    else:
        named["use_cache"] = False
    with _only_at(model, batch.scored_rows.to(device), batch.scored_positions.to(device)):
        logits = model(**named).logits[0].float()
    everything = logits.logsumexp(dim=1)
    places = batch.places.to(device)
    chosen = logits[places[:, None, :], batch.target_tokens.to(device)] - everything[places][:, None, :]
    scores = chosen.masked_fill(~batch.target_lengths.to(device), 0.0).sum(dim=2)
    return scores.cpu().numpy()[batch.valid]


@contextmanager
def _only_at(model: nn.Module, rows: Int[Tensor, " scored"], positions: Int[Tensor, " scored"]) -> Iterator[None]:
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
    width = max(len(probe.tokens) for probe in probes)
    length = max(len(probe.positions) for probe in probes)
    most = max(len(probe.targets) for probe in probes)
    tokens = np.full((len(probes), width), pad)
    mask = np.zeros((len(probes), width), dtype=np.int64)
    places = np.zeros((len(probes), length), dtype=np.int64)
    target_tokens = np.zeros((len(probes), most, length), dtype=np.int64)
    target_lengths = np.zeros((len(probes), most, length), dtype=bool)
    valid = np.zeros((len(probes), most), dtype=bool)
    rows: list[int] = []
    positions: list[int] = []
    for row, probe in enumerate(probes):
        tokens[row, : len(probe.tokens)] = probe.tokens
        mask[row, : len(probe.tokens)] = 1
        places[row, : len(probe.positions)] = range(len(positions), len(positions) + len(probe.positions))
        rows += [row] * len(probe.positions)
        positions += probe.positions
        count = len(probe.targets)
        target_tokens[row, :count, : len(probe.positions)] = [target.tokens for target in probe.targets]
        target_lengths[row, :count, : len(probe.positions)] = True
        valid[row, :count] = True
    return Batch(
        key=key,
        tokens=torch.from_numpy(tokens),
        mask=torch.from_numpy(mask) if masked else None,
        scored_rows=torch.tensor(rows),
        scored_positions=torch.tensor(positions),
        places=torch.from_numpy(places),
        target_tokens=torch.from_numpy(target_tokens),
        target_lengths=torch.from_numpy(target_lengths),
        questions=np.array([probe.question for probe in probes for _ in probe.targets]),
        choices=np.array([target.choice for probe in probes for target in probe.targets]),
        valid=valid,
    )
