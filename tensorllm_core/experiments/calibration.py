"""Whether a model is as often right as it is sure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from tensorllm_core.experiments.intervals import require_some

__all__ = ["Calibration", "calibration"]


@dataclass(frozen=True, eq=False)
class Calibration:
    """Answers sorted by confidence into bins of equal width; what an empty bin has no answer for is NaN.

    `confidence` and `accuracy` are means over a bin, `centres` its middle; `error` is the expected calibration error.
    """

    centres: Float[np.ndarray, " bin"]
    confidence: Float[np.ndarray, " bin"]
    accuracy: Float[np.ndarray, " bin"]
    counts: Int[np.ndarray, " bin"]
    error: float


def calibration(
    confidence: Float[np.ndarray, " question"], right: Bool[np.ndarray, " question"], bins: int = 10
) -> Calibration:
    """How often answers are right, by how sure the model was of them: the share of the chosen answer among the choices.

    The expected calibration error is `sum(n_b / n * |accuracy_b - confidence_b|)` over the bins; Guo et al. (2017),
    "On calibration of modern neural networks", Eq. 3.

    Raises:
        RequestError: no answers.

    >>> found = calibration(np.array([0.55, 0.95, 0.95, 0.95]), np.array([True, True, True, False]), bins=2)
    >>> found.counts.tolist(), found.accuracy.tolist(), round(found.error, 3)
    ([0, 4], [nan, 0.75], 0.1)
    """
    require_some(len(right))
    edges = np.linspace(0, 1, bins + 1)
    bin_of = np.digitize(confidence, edges[1:-1])
    counts = np.bincount(bin_of, minlength=bins)
    sure = np.bincount(bin_of, confidence, minlength=bins)
    correct = np.bincount(bin_of, right, minlength=bins)
    filled = np.where(counts > 0, counts, np.nan)
    gap = float(np.abs(correct - sure).sum() / len(right))
    return Calibration((edges[:-1] + edges[1:]) / 2, sure / filled, correct / filled, counts, gap)
