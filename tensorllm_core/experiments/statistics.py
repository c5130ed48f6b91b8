"""Whether an edit changed accuracy and loss by more than luck: everything is paired, question by question.

Accuracies and their differences are shares of 1, losses are in nats, intervals are at 95 %. The sentences speak of
points: percentage points.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from tensorllm_core.experiments.calibration import Calibration, calibration
from tensorllm_core.experiments.intervals import (
    Interval,
    accuracy_interval,
    bootstrap_interval,
    mcnemar,
    mean_interval,
    paired_interval,
    require_some,
)

__all__ = [
    "Calibration",
    "Interval",
    "MacroAccuracy",
    "MacroLoss",
    "PairedAccuracy",
    "PairedLoss",
    "accuracy_interval",
    "best_of",
    "better_than_control",
    "calibration",
    "macro",
    "macro_loss",
    "paired_accuracy",
    "paired_loss",
    "verdict",
]

_LUCK = 0.05


@dataclass(frozen=True)
class PairedAccuracy:
    """Two models on the same `n` questions: accuracies, their difference, how many answers an edit fixed and broke.

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
    """Means over benchmarks, each counting alike; counts and `p` are over all questions together."""

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
    """Means over benchmarks, each counting alike."""

    benchmarks: int


def paired_accuracy(before: Bool[np.ndarray, " question"], after: Bool[np.ndarray, " question"]) -> PairedAccuracy:
    """Compare two models by which of the same questions they answer; the interval is that of `paired_interval`.

    Raises:
        RequestError: no answers.

    >>> found = paired_accuracy(np.repeat([False, True], [30, 70]), np.repeat([False, True], [18, 82]))
    >>> found.fixed, found.broken, round(found.delta, 2), round(found.p, 5)
    (12, 0, 0.12, 0.00049)
    """
    both = np.stack([before, after])
    n = both.shape[1]
    require_some(n)
    fixed, broken = int((~before & after).sum()), int((before & ~after).sum())
    was, became = both.mean(axis=1).tolist()
    interval = paired_interval(n, fixed, broken)
    return PairedAccuracy(n, was, became, (fixed - broken) / n, interval, fixed, broken, mcnemar(fixed, broken))


def paired_loss(
    before: Float[np.ndarray, " question"],
    after: Float[np.ndarray, " question"],
    seed: int = 0,
    resamples: int = 2000,
) -> PairedLoss:
    """Compare two models by their losses on the same questions; the interval is that of `bootstrap_interval`.

    Raises:
        RequestError: no answers.

    >>> paired_loss(np.array([2.0, 4.0, 3.0]), np.array([1.5, 3.5, 2.5]))
    PairedLoss(before=3.0, after=2.5, delta=-0.5, interval=Interval(low=-0.5, high=-0.5))
    """
    both = np.stack([before, after]).astype(np.float64)
    require_some(both.shape[1])
    difference = both[1] - both[0]
    was, became = both.mean(axis=1).tolist()
    return PairedLoss(was, became, float(difference.mean()), bootstrap_interval(difference, seed, resamples))


def macro(results: Sequence[PairedAccuracy]) -> MacroAccuracy:
    """Means over benchmarks, whose differences are independent: `var = sum(var_k) / K^2`, as `mean_interval` has it.

    Raises:
        RequestError: no results.

    >>> one = paired_accuracy(np.repeat([False, True], [30, 70]), np.repeat([False, True], [18, 82]))
    >>> found = macro([one, one])
    >>> found.n, found.fixed, round(found.delta, 2), found.interval.low > one.interval.low
    (200, 24, 0.12, True)
    """
    require_some(len(results))
    fixed, broken = sum(found.fixed for found in results), sum(found.broken for found in results)
    return MacroAccuracy(
        n=sum(found.n for found in results),
        before=_mean(found.before for found in results),
        after=_mean(found.after for found in results),
        delta=_mean(found.delta for found in results),
        interval=mean_interval([found.delta for found in results], [found.interval for found in results]),
        fixed=fixed,
        broken=broken,
        p=mcnemar(fixed, broken),
        benchmarks=len(results),
    )


def macro_loss(results: Sequence[PairedLoss]) -> MacroLoss:
    """Means over benchmarks; the interval as in `macro`.

    Raises:
        RequestError: no results.

    >>> macro_loss([PairedLoss(3.0, 2.0, -1.0, Interval(-1.5, -0.5)), PairedLoss(1.0, 1.0, 0.0, Interval(0.0, 0.0))])
    MacroLoss(before=2.0, after=1.5, delta=-0.5, interval=Interval(low=-0.75, high=-0.25), benchmarks=2)
    """
    require_some(len(results))
    return MacroLoss(
        before=_mean(found.before for found in results),
        after=_mean(found.after for found in results),
        delta=_mean(found.delta for found in results),
        interval=mean_interval([found.delta for found in results], [found.interval for found in results]),
        benchmarks=len(results),
    )


def verdict(found: PairedAccuracy) -> str:
    """What came of an edit, as one sentence; better or worse only where both the interval and the test say so.

    >>> verdict(paired_accuracy(np.repeat([False, True], [300, 700]), np.repeat([False, True], [270, 730])))
    '+3.0 points [+1.9, +4.1]: better, by more than luck (p < 0.0001); 30 answers fixed, 0 broken of 1,000 questions.'
    """
    benchmarks = found.benchmarks if isinstance(found, MacroAccuracy) else 1
    where = f" in the mean over {benchmarks} benchmarks" if benchmarks > 1 else ""
    words = {1: "better, by more than luck", 0: "no difference shown", -1: "worse, by more than luck"}[_side(found)]
    if _side(found) == 0 and found.p < _LUCK:
        words += ", although over all questions together fixed and broken answers do not balance"
    counts = f"{_count(found.fixed, 'answer')} fixed, {found.broken:,} broken of {_count(found.n, 'question')}"
    return f"{_points(found)}{where}: {words} ({_p(found.p)}); {counts}."


def better_than_control(found: PairedAccuracy, control: str) -> str:
    """Whether an edit is better than a control, as one sentence; `before` is the control, `after` the edit.

    Better than the original says that the answers improved, better than a control that this needed the edit itself.

    >>> better_than_control(paired_accuracy(np.array([True, False]), np.array([True, True])), "random subspace")
    'Not shown to differ from random subspace: +50.0 points [-56.3, +100.0] (p = 1; 2 questions).'
    """
    words = {
        1: f"Better than {control}, by more than luck",
        0: f"Not shown to differ from {control}",
        -1: f"Worse than {control}, by more than luck",
    }
    return f"{words[_side(found)]}: {_points(found)} ({_p(found.p)}; {_count(found.n, 'question')})."


def best_of(found: PairedAccuracy, tried: int) -> str:
    """What having tried several on the same questions leaves of the test of the best, as one sentence (Bonferroni).

    >>> best_of(paired_accuracy(np.repeat([False, True], [30, 70]), np.repeat([False, True], [18, 82])), 6)
    'The best of 6 tried on these very questions: p = 0.0029 after the correction for that.'
    """
    corrected = min(1.0, tried * found.p)
    return f"The best of {tried:,} tried on these very questions: {_p(corrected)} after the correction for that."


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return math.fsum(found) / len(found)


def _side(found: PairedAccuracy) -> int:
    """1 where better and -1 where worse by more than luck, 0 where neither is shown."""
    if found.p >= _LUCK:
        return 0
    if found.interval.low > 0 and found.fixed > found.broken:
        return 1
    return -1 if found.interval.high < 0 and found.fixed < found.broken else 0


def _points(found: PairedAccuracy) -> str:
    # Adding zero turns a rounded -0.0 into 0.0.
    delta, low, high = (round(100 * value, 1) + 0.0 for value in (found.delta, found.interval.low, found.interval.high))
    return f"{delta:+.1f} points [{low:+.1f}, {high:+.1f}]"


def _p(p: float) -> str:
    return f"p = {p:.2g}" if p >= 1e-4 else "p < 0.0001"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
