"""Score a bundled model on the bundled benchmarks: the best of the candidate answers at the answer's position.

The interval of an accuracy is Wilson's (1927); two models on the same questions are compared by the
exact McNemar test: under no difference, the questions that only one of them answers split evenly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from tensorllm_core.demo.architectures import answer_logits
from tensorllm_core.demo.benchmark_files import Benchmark

__all__ = ["PairedTest", "accuracy_interval", "macro_accuracy", "paired_test", "score"]

_BATCH = 256
_NORMAL_95 = 1.959963984540054


@dataclass(frozen=True)
class PairedTest:
    """Questions that an edit fixed and broke, and the two-sided exact p-value of that split."""

    fixed: int
    broken: int
    p: float


@torch.no_grad()
def score(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, benchmark: Benchmark) -> np.ndarray:
    """Which questions the model answers: booleans in the order of the benchmark.

    Decoders answer at the last token, encoders at a mask put after the prompt.
    """
    mask = tokenizer.mask_token
    texts = [question.text if mask is None else f"{question.text} {mask}" for question in benchmark.questions]
    rows = tokenizer(texts).input_ids
    position = -1 if mask is None else -2
    candidate_ids = {
        name: torch.tensor(tokenizer.convert_tokens_to_ids(list(words))) for name, words in benchmark.candidates.items()
    }
    right = np.zeros(len(rows), dtype=bool)
    for batch in _batches_by_length(rows):
        logits = answer_logits(model, torch.tensor([rows[number] for number in batch]), position)
        for number, row in zip(batch, logits, strict=True):
            question = benchmark.questions[number]
            best = int(row[candidate_ids[question.candidates]].argmax())
            right[number] = benchmark.candidates[question.candidates][best] == question.answer
    return right


def macro_accuracy(right: dict[str, np.ndarray]) -> float:
    """Mean over the benchmarks of the share of questions answered.

    >>> macro_accuracy({"a": np.array([True, False]), "b": np.array([True])})
    0.75
    """
    return float(np.mean([answered.mean() for answered in right.values()]))


def accuracy_interval(right: np.ndarray) -> tuple[float, float]:
    """The 95 % Wilson interval of an accuracy.

    >>> low, high = accuracy_interval(np.array([True] * 80 + [False] * 20))
    >>> round(low, 3), round(high, 3)
    (0.711, 0.867)
    """
    count, share, z2 = len(right), float(right.mean()), _NORMAL_95**2
    centre = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = _NORMAL_95 * math.sqrt(share * (1 - share) / count + z2 / (4 * count**2)) / (1 + z2 / count)
    return centre - half, centre + half


def paired_test(before: np.ndarray, after: np.ndarray) -> PairedTest:
    """The exact McNemar test of two models on the same questions.

    >>> paired_test(np.array([False, False, True, True]), np.array([True, True, True, False]))
    PairedTest(fixed=2, broken=1, p=1.0)
    """
    fixed, broken = int((~before & after).sum()), int((before & ~after).sum())
    changed, fewer = fixed + broken, min(fixed, broken)
    tail = sum(math.comb(changed, count) for count in range(fewer + 1))
    return PairedTest(fixed, broken, min(1.0, 2 * tail / 2**changed))


def _batches_by_length(rows: list[list[int]]) -> list[list[int]]:
    by_length: dict[int, list[int]] = {}
    for number, row in enumerate(rows):
        by_length.setdefault(len(row), []).append(number)
    return [found[at : at + _BATCH] for _, found in sorted(by_length.items()) for at in range(0, len(found), _BATCH)]
