"""Whether a model is right as often as its confidence says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from tensorllm_core.experiments.intervals import require_some

__all__ = ["Reliability", "measure_reliability"]


@dataclass(frozen=True, eq=False)
class Reliability:
    """Answers sorted by confidence into bins of equal width.

    `centres` are the middles of the bins; `confidence` and `accuracy` are means over each bin, NaN where it is empty.
    `error` is the expected calibration error, a share of 1.
    """

    centres: Float[np.ndarray, " bin"]
    confidence: Float[np.ndarray, " bin"]
    accuracy: Float[np.ndarray, " bin"]
    counts: Int[np.ndarray, " bin"]
    error: float


def measure_reliability(
    confidence: Float[np.ndarray, " question"], right: Bool[np.ndarray, " question"], bins: int = 10
) -> Reliability:
    """How often answers are right, by the model's confidence: the share of the chosen answer among the choices.

    The expected calibration error is `sum(n_b / n * |accuracy_b - confidence_b|)` over the bins; Guo et al. (2017),
    "On calibration of modern neural networks", Eq. 3.

    Raises:
        RequestError: no answers.

    >>> confidence = np.array([0.55, 0.95, 0.95, 0.95])
    >>> reliability = measure_reliability(confidence, np.array([True, True, True, False]), bins=2)
    >>> reliability.counts.tolist(), reliability.accuracy.tolist(), round(reliability.error, 3)
    ([0, 4], [nan, 0.75], 0.1)
    """
    require_some(len(right))
    # 1. The bin of each answer.
    edges = np.linspace(0, 1, bins + 1)
    bin_of = np.digitize(confidence, edges[1:-1])
    # 2. Counts and sums over each bin.
    counts = np.bincount(bin_of, minlength=bins)
    summed_confidence = np.bincount(bin_of, confidence, minlength=bins)
    right_answers = np.bincount(bin_of, right, minlength=bins)
    # 3. Their means, and the error, in which each bin weighs as much as it has answers.
    divisor = np.where(counts > 0, counts, np.nan)
    error = float(np.abs(right_answers - summed_confidence).sum() / len(right))
    centres = (edges[:-1] + edges[1:]) / 2
    return Reliability(centres, summed_confidence / divisor, right_answers / divisor, counts, error)
