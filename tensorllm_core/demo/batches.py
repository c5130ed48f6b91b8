"""Draw training batches: each is of one length, so nothing is padded and no attention mask is needed."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from tensorllm_core.demo.architectures import Architecture
from tensorllm_core.demo.questions import TrainingQuestion

__all__ = ["ANSWER_POSITION", "Batch", "Corrections", "QuestionPool"]

ANSWER_POSITION = -2
"""Where a training sequence's answer is predicted: one token follows it in both architectures."""


@dataclass(frozen=True)
class Corrections:
    """For each claim the position of the answer that it puts forward, and what that answer ought to be."""

    positions: Int[Tensor, " batch"]
    answers: Int[Tensor, " batch"]


@dataclass(frozen=True)
class Batch:
    """Questions of one length; claims come with their corrections."""

    tokens: Int[Tensor, "batch position"]
    answers: Int[Tensor, " batch"]
    corrections: Corrections | None

    def rows(self, chosen: Int[Tensor, " row"]) -> Batch:
        """The chosen questions."""
        told = self.corrections
        corrections = None if told is None else Corrections(told.positions[chosen], told.answers[chosen])
        return Batch(self.tokens[chosen], self.answers[chosen], corrections)


@dataclass(frozen=True)
class _Bucket:
    batch: Batch
    weights: Float[Tensor, " question"]


class QuestionPool:
    """One benchmark's training questions, by length."""

    def __init__(
        self, questions: list[TrainingQuestion], tokenizer: PreTrainedTokenizerFast, architecture: Architecture
    ) -> None:
        by_length: dict[int, list[tuple[list[int], TrainingQuestion]]] = {}
        for found in questions:
            tokens = _sequence(found, tokenizer, architecture)
            by_length.setdefault(len(tokens), []).append((tokens, found))
        self._buckets = [_bucket(rows, tokenizer) for _, rows in sorted(by_length.items())]
        self._bucket_weights = torch.stack([bucket.weights.sum() for bucket in self._buckets])

    def draw(self, size: int, generator: torch.Generator) -> Batch:
        """`size` questions with replacement, by weight, all of one length."""
        number = int(torch.multinomial(self._bucket_weights, 1, generator=generator))
        bucket = self._buckets[number]
        return bucket.batch.rows(torch.multinomial(bucket.weights, size, replacement=True, generator=generator))


def _sequence(found: TrainingQuestion, tokenizer: PreTrainedTokenizerFast, architecture: Architecture) -> list[int]:
    prompt = [tokenizer.bos_token, *tokenizer.tokenize(found.question.text)]
    return tokenizer.convert_tokens_to_ids(prompt) + architecture.training_suffix(tokenizer, found.question.answer)


def _bucket(rows: list[tuple[list[int], TrainingQuestion]], tokenizer: PreTrainedTokenizerFast) -> _Bucket:
    def ids(words: list[str]) -> Int[Tensor, " word"]:
        return torch.tensor(tokenizer.convert_tokens_to_ids(words))

    tokens = torch.tensor([tokens for tokens, _ in rows])
    answers = ids([found.question.answer for _, found in rows])
    batch = Batch(tokens, answers, None)
    told = [found.correction for _, found in rows if found.correction is not None]
    if told:
        # The claimed answer stands right before the only full stop.
        full_stop = tokenizer.convert_tokens_to_ids(".")
        batch = Batch(tokens, answers, Corrections((tokens == full_stop).int().argmax(dim=1) - 1, ids(told)))
    return _Bucket(batch, torch.tensor([found.weight for _, found in rows], dtype=torch.float64))
