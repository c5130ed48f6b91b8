"""Draw training batches. All sequences of a batch have one length, so no padding and no attention mask are needed."""

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
"""Where a training sequence predicts its answer: one token follows in both architectures."""


@dataclass(frozen=True)
class Corrections:
    """For each claim, the position of the answer that it states, and the right answer."""

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
        corrections = self.corrections
        if corrections is not None:
            corrections = Corrections(corrections.positions[chosen], corrections.answers[chosen])
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
        for example in questions:
            tokens = _sequence(example, tokenizer, architecture)
            by_length.setdefault(len(tokens), []).append((tokens, example))
        self._buckets = [_bucket(rows, tokenizer) for _, rows in sorted(by_length.items())]
        self._bucket_weights = torch.stack([bucket.weights.sum() for bucket in self._buckets])

    def draw(self, size: int, generator: torch.Generator) -> Batch:
        """`size` questions with replacement, by weight, all of one length."""
        number = int(torch.multinomial(self._bucket_weights, 1, generator=generator))
        bucket = self._buckets[number]
        return bucket.batch.rows(torch.multinomial(bucket.weights, size, replacement=True, generator=generator))


def _sequence(example: TrainingQuestion, tokenizer: PreTrainedTokenizerFast, architecture: Architecture) -> list[int]:
    prompt = [tokenizer.bos_token, *tokenizer.tokenize(example.question.text)]
    return tokenizer.convert_tokens_to_ids(prompt) + architecture.training_suffix(tokenizer, example.question.answer)


def _bucket(rows: list[tuple[list[int], TrainingQuestion]], tokenizer: PreTrainedTokenizerFast) -> _Bucket:
    def ids(words: list[str]) -> Int[Tensor, " word"]:
        return torch.tensor(tokenizer.convert_tokens_to_ids(words))

    tokens = torch.tensor([tokens for tokens, _ in rows])
    answers = ids([example.question.answer for _, example in rows])
    right_answers = [example.correction for _, example in rows if example.correction is not None]
    corrections = None
    if right_answers:
        # The answer that a claim states stands right before the only full stop.
        full_stop = tokenizer.convert_tokens_to_ids(".")
        corrections = Corrections((tokens == full_stop).int().argmax(dim=1) - 1, ids(right_answers))
    weights = torch.tensor([example.weight for _, example in rows], dtype=torch.float64)
    return _Bucket(Batch(tokens, answers, corrections), weights)
