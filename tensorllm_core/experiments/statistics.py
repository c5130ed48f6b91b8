"""Whether an edit changed accuracy and loss by more than luck: two models are compared question by question.

Accuracies and their differences are shares of 1, losses are in nats, intervals are at 95%. In the sentences, points
are percentage points.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from tensorllm_core.experiments.intervals import (
    Interval,
    bootstrap_interval,
    mcnemar,
    mean_interval,
    paired_interval,
    require_some,
)
from tensorllm_core.numbers_text import change_text, p_text

__all__ = [
    "MacroAccuracy",
    "MacroLoss",
    "PairedAccuracy",
    "PairedLoss",
    "best_of",
    "better_than_control",
    "direction_shown",
    "macro",
    "macro_loss",
    "paired_accuracy",
    "paired_loss",
    "verdict",
]

_LUCK = 0.05


@dataclass(frozen=True)
class PairedAccuracy:
    """The accuracies of two models on the same `n` questions, and their difference with its interval.

    `fixed` counts the questions that only the second model answers rightly, `broken` those that only the first does.
    `p` is that of McNemar's exact test, two-sided.
    """

    n: int
    before: float
    after: float
    delta: float
    interval: Interval
    fixed: int
    broken: int
    p: float


@dataclass(frozen=True)
class MacroAccuracy(PairedAccuracy):
    """Means over benchmarks, in which every benchmark has the same weight; counts and `p` are over all questions."""

    benchmarks: int


@dataclass(frozen=True)
class PairedLoss:
    """Mean losses of two models on the same questions and their difference, in nats."""

    before: float
    after: float
    delta: float
    interval: Interval


@dataclass(frozen=True)
class MacroLoss(PairedLoss):
    """Means over benchmarks, in which every benchmark has the same weight."""

    benchmarks: int


def paired_accuracy(before: Bool[np.ndarray, " question"], after: Bool[np.ndarray, " question"]) -> PairedAccuracy:
    """Compare two models by which of the same questions they answer rightly; the interval is `paired_interval`.

    Raises:
        RequestError: no answers.

    >>> accuracy = paired_accuracy(np.repeat([False, True], [30, 70]), np.repeat([False, True], [18, 82]))
    >>> accuracy.fixed, accuracy.broken, round(accuracy.delta, 2), round(accuracy.p, 5)
    (12, 0, 0.12, 0.00049)
    """
    both = np.stack([before, after])
    n = both.shape[1]
    require_some(n)
    fixed, broken = int((~before & after).sum()), int((before & ~after).sum())
    mean_before, mean_after = both.mean(axis=1).tolist()
    return PairedAccuracy(
        n=n,
        before=mean_before,
        after=mean_after,
        delta=(fixed - broken) / n,
        interval=paired_interval(n, fixed, broken),
        fixed=fixed,
        broken=broken,
        p=mcnemar(fixed, broken),
    )


def paired_loss(
    before: Float[np.ndarray, " question"],
    after: Float[np.ndarray, " question"],
    seed: int = 0,
    resamples: int = 2000,
) -> PairedLoss:
    """Compare two models by their losses on the same questions; the interval is `bootstrap_interval`.

    Raises:
        RequestError: no answers.

    >>> paired_loss(np.array([2.0, 4.0, 3.0]), np.array([1.5, 3.5, 2.5]))
    PairedLoss(before=3.0, after=2.5, delta=-0.5, interval=Interval(low=-0.5, high=-0.5))
    """
    both = np.stack([before, after]).astype(np.float64)
    require_some(both.shape[1])
    difference = both[1] - both[0]
    mean_before, mean_after = both.mean(axis=1).tolist()
    interval = bootstrap_interval(difference, seed, resamples)
    return PairedLoss(mean_before, mean_after, float(difference.mean()), interval)


def macro(accuracies: Sequence[PairedAccuracy]) -> MacroAccuracy:
    """Means over benchmarks. Their differences are independent, so the interval is `mean_interval`.

    Raises:
        RequestError: no results.

    >>> one = paired_accuracy(np.repeat([False, True], [30, 70]), np.repeat([False, True], [18, 82]))
    >>> two = macro([one, one])
    >>> two.n, two.fixed, round(two.delta, 2), two.interval.low > one.interval.low
    (200, 24, 0.12, True)
    """
    require_some(len(accuracies))
    fixed, broken = sum(each.fixed for each in accuracies), sum(each.broken for each in accuracies)
    return MacroAccuracy(
        n=sum(each.n for each in accuracies),
        before=_mean(each.before for each in accuracies),
        after=_mean(each.after for each in accuracies),
        delta=_mean(each.delta for each in accuracies),
        interval=mean_interval([each.delta for each in accuracies], [each.interval for each in accuracies]),
        fixed=fixed,
        broken=broken,
        p=mcnemar(fixed, broken),
        benchmarks=len(accuracies),
    )


def macro_loss(losses: Sequence[PairedLoss]) -> MacroLoss:
    """Means over benchmarks; the interval as in `macro`.

    Raises:
        RequestError: no results.

    >>> macro_loss([PairedLoss(3.0, 2.0, -1.0, Interval(-1.5, -0.5)), PairedLoss(1.0, 1.0, 0.0, Interval(0.0, 0.0))])
    MacroLoss(before=2.0, after=1.5, delta=-0.5, interval=Interval(low=-0.75, high=-0.25), benchmarks=2)
    """
    require_some(len(losses))
    return MacroLoss(
        before=_mean(each.before for each in losses),
        after=_mean(each.after for each in losses),
        delta=_mean(each.delta for each in losses),
        interval=mean_interval([each.delta for each in losses], [each.interval for each in losses]),
        benchmarks=len(losses),
    )


def verdict(accuracy: PairedAccuracy) -> str:
    """What an edit did, as one sentence; better or worse only where both the interval and the test say so.

    >>> verdict(paired_accuracy(np.repeat([False, True], [30, 70]), np.repeat([False, True], [27, 73])))
    '+3.0 points [-1.3, +7.2]: no difference shown (p = 0.25); 3 answers fixed, 0 broken of 100 questions.'
    """
    benchmarks = accuracy.benchmarks if isinstance(accuracy, MacroAccuracy) else 1
    where = f" in the mean over {benchmarks} benchmarks" if benchmarks > 1 else ""
    sign = direction_shown(accuracy)
    words = {
        1: "better, more than chance explains",
        0: "no difference shown",
        -1: "worse, more than chance explains",
    }[sign]
    if sign == 0 and accuracy.p < _LUCK:
        words += ", although over all questions together fixed and broken answers differ more than chance explains"
    fixed, questions = _count(accuracy.fixed, "answer"), _count(accuracy.n, "question")
    counts = f"{fixed} fixed, {accuracy.broken:,} broken of {questions}"
    return f"{_points(accuracy)}{where}: {words} ({p_text(accuracy.p)}); {counts}."


def better_than_control(accuracy: PairedAccuracy, control: str) -> str:
    """Whether an edit is better than a control, as one sentence; `before` is the control, `after` the edit.

    An edit that is better than the original has improved the answers. Only if it is also better than a control was
    the edit itself needed for that.

    >>> better_than_control(paired_accuracy(np.array([True, False]), np.array([True, True])), "random subspace")
    'Not shown to differ from random subspace: +50.0 points [-56.3, +100.0] (p = 1; 2 questions).'
    """
    words = {
        1: f"Better than {control}, more than chance explains",
        0: f"Not shown to differ from {control}",
        -1: f"Worse than {control}, more than chance explains",
    }[direction_shown(accuracy)]
    return f"{words}: {_points(accuracy)} ({p_text(accuracy.p)}; {_count(accuracy.n, 'question')})."


def best_of(best: PairedAccuracy, candidates: int) -> str:
    """The test of the best of several candidates that were all tried on the same questions, as one sentence.

    The more candidates, the better the best one is by luck: Bonferroni's correction multiplies `p` by their number.

    >>> best_of(paired_accuracy(np.repeat([False, True], [30, 70]), np.repeat([False, True], [18, 82])), 6)
    "The best of 6 tried on these questions: p = 0.0029 after Bonferroni's correction."
    """
    corrected = min(1.0, candidates * best.p)
    return f"The best of {candidates:,} tried on these questions: {p_text(corrected)} after Bonferroni's correction."


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return math.fsum(listed) / len(listed)


def direction_shown(accuracy: PairedAccuracy) -> int:
    """1 where better and -1 where worse, more than chance explains; 0 where neither is shown."""
    if accuracy.p >= _LUCK:
        return 0
    if accuracy.interval.low > 0 and accuracy.fixed > accuracy.broken:
        return 1
    return -1 if accuracy.interval.high < 0 and accuracy.fixed < accuracy.broken else 0


def _points(accuracy: PairedAccuracy) -> str:
    return change_text(accuracy.delta, accuracy.interval.low, accuracy.interval.high)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
