"""A model's answers to questions, as arrays in the order of the questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from tensorllm_core.benchmarks.benchmark import Question
from tensorllm_core.benchmarks.spelling import composed

__all__ = ["Answers", "Flip", "flips", "from_generation", "from_scores", "join_answers"]


@dataclass(frozen=True, eq=False)
class Answers:
    """Answers to questions, in the order of the questions.

    `right` says whether `predicted` is the gold answer. `loss` is the negative log-likelihood of the gold answer in
    nats. `confidence` and `gold_probability` are the shares of the predicted and of the gold answer among the choices,
    `margin` is the log-probability of the gold choice minus that of the best other choice, in nats. These three are
    NaN where answers are generated.
    """

    questions: tuple[Question, ...]
    predicted: tuple[str, ...]
    right: Bool[np.ndarray, " question"]
    loss: Float[np.ndarray, " question"]
    confidence: Float[np.ndarray, " question"]
    gold_probability: Float[np.ndarray, " question"]
    margin: Float[np.ndarray, " question"]

    @property
    def accuracy(self) -> float:
        """Share of the questions answered rightly."""
        return float(self.right.mean())

    @property
    def mean_loss(self) -> float:
        """Mean negative log-likelihood of the gold answers, in nats."""
        return float(self.loss.mean())


@dataclass(frozen=True)
class Flip:
    """One question whose answer an edit fixed or broke."""

    question: Question
    fixed: bool
    before: str
    after: str
    gold_probability_before: float
    gold_probability_after: float


def from_scores(
    questions: Sequence[Question],
    questions_of: Int[np.ndarray, " answer"],
    choices_of: Int[np.ndarray, " answer"],
    scores: Float[np.ndarray, " answer"],
) -> Answers:
    """Answers by the greatest log-probability; of equal ones, the first choice.

    Args:
        questions: every question that was scored.
        questions_of: the question of each score, counted from 0.
        choices_of: the choice of each score, counted from 0 in the choices of its question.
        scores: log-probabilities in nats; minus infinity is a choice that the model rules out.

    Raises:
        FloatingPointError: a score is no number, or that of a gold answer is not finite.
    """
    # 1. A table of scores: a row for each question, a column for each choice.
    columns = max(len(question.choices) for question in questions)
    table = np.full((len(questions), columns), -np.inf)
    table[questions_of, choices_of] = scores
    # 2. The predicted and the gold choice, and the shares of all choices of a question.
    rows = np.arange(len(questions))
    gold = np.array([question.choices.index(question.answer) for question in questions])
    _check_scores(questions, np.isnan(table).any(axis=1) | (table == np.inf).any(axis=1) | np.isinf(table[rows, gold]))
    best = table.argmax(axis=1)
    shares = np.exp(table - table.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    # 3. The best choice that is not the gold one, for the margin.
    others = table.copy()
    others[rows, gold] = -np.inf
    return Answers(
        questions=tuple(questions),
        predicted=tuple(question.choices[place] for question, place in zip(questions, best, strict=True)),
        right=best == gold,
        loss=-table[rows, gold],
        confidence=shares[rows, best],
        gold_probability=shares[rows, gold],
        margin=table[rows, gold] - others.max(axis=1),
    )


def from_generation(
    questions: Sequence[Question],
    spellings: Sequence[str],
    texts: Sequence[str],
    loss: Float[np.ndarray, " question"],
) -> Answers:
    """Answers that are right when they contain the gold answer, in upper or lower case.

    A tokenizer may not give a text back as it was: "O'Brien" can come back as "o ' brien". So a text that contains the
    gold answer as the tokenizer spells it is right too.

    Args:
        questions: every question that was asked.
        spellings: the gold answers' tokens as text.
        texts: what the model wrote.
        loss: negative log-likelihoods of the gold answers in nats.

    Raises:
        FloatingPointError: a loss is not finite.
    """
    _check_scores(questions, ~np.isfinite(loss))
    unknown = np.full(len(questions), np.nan)
    right = [
        any(gold and gold in _comparable(text) for gold in (_comparable(question.answer), _comparable(spelling)))
        for question, spelling, text in zip(questions, spellings, texts, strict=True)
    ]
    predicted = tuple(text.strip() for text in texts)
    return Answers(tuple(questions), predicted, np.array(right, dtype=bool), loss, unknown, unknown, unknown)


def join_answers(parts: Sequence[Answers]) -> Answers:
    """The answers of several parts, one part after another."""
    if len(parts) == 1:
        return parts[0]
    return Answers(
        questions=tuple(question for part in parts for question in part.questions),
        predicted=tuple(text for part in parts for text in part.predicted),
        right=np.concatenate([part.right for part in parts]),
        loss=np.concatenate([part.loss for part in parts]),
        confidence=np.concatenate([part.confidence for part in parts]),
        gold_probability=np.concatenate([part.gold_probability for part in parts]),
        margin=np.concatenate([part.margin for part in parts]),
    )


def flips(before: Answers, after: Answers) -> tuple[Flip, ...]:
    """The questions that only one of two models answers rightly, in the order of the questions."""
    return tuple(
        Flip(
            before.questions[number],
            bool(after.right[number]),
            before.predicted[number],
            after.predicted[number],
            float(before.gold_probability[number]),
            float(after.gold_probability[number]),
        )
        for number in np.flatnonzero(before.right != after.right)
    )


def _comparable(text: str) -> str:
    """The text in lower case, in one spelling for all that look the same."""
    return composed(composed(text).casefold())


def _check_scores(questions: Sequence[Question], is_wrong: Bool[np.ndarray, " question"]) -> None:
    if is_wrong.any():
        first = questions[int(is_wrong.argmax())]
        raise FloatingPointError(
            f"scores that are no finite numbers for {int(is_wrong.sum())} of {len(questions)} questions (the first is "
            f"`{first.text[:80]}`)"
        )
