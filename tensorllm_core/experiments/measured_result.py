"""The measured result of one edit: a flat record of plain values, and a check that its numbers can be true."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from tensorllm_core.errors import RequestError

__all__ = ["Measured", "check_result", "moment"]

_LONGEST_TEXT = 1000
_MOST_LAYERS = 10_000


@dataclass(frozen=True)
class Measured:
    """The result of one edit of one model on one benchmark: before and after the edit, on the same n questions.

    Accuracies, their difference and its 95 % interval (`low`, `high`) are shares of 1, losses are in nats; `p` is that
    of McNemar's exact test. `ranks` is empty where the layers have different ranks or the method has none;
    `setting` says in words what `ranks` cannot. `date` is UTC, as ISO 8601 writes it.
    """

    model: str
    revision: str
    benchmark: str
    split: str
    method: str
    layers: tuple[int, ...]
    ranks: tuple[int, ...]
    setting: str
    n: int
    accuracy_before: float
    accuracy_after: float
    loss_before: float
    loss_after: float
    low: float
    high: float
    p: float
    compression_ratio: float
    date: str

    @property
    def delta(self) -> float:
        """Accuracy after the edit minus accuracy before, a share of 1."""
        return self.accuracy_after - self.accuracy_before

    @property
    def beyond_luck(self) -> bool:
        """Whether the 95 % interval of the difference leaves out zero."""
        return self.low > 0 or self.high < 0


def check_result(result: Measured) -> Measured:
    """The result itself, if its numbers can be those of an evaluation.

    Raises:
        RequestError: they cannot.
    """
    texts = (result.model, result.revision, result.benchmark, result.split, result.method, result.setting, result.date)
    shares = (result.accuracy_before, result.accuracy_after, result.p)
    numbers = (*shares, result.loss_before, result.loss_after, result.low, result.high, result.compression_ratio)
    counts = (result.n, *result.layers, *result.ranks)
    is_possible = (
        all(isinstance(text, str) and len(text) <= _LONGEST_TEXT for text in texts)
        and all(type(count) is int and count >= 0 for count in counts)
        and all(type(number) in {int, float} and math.isfinite(number) for number in numbers)
        and all(0 <= share <= 1 for share in shares)
        and result.n >= 1
        and 1 <= len(result.layers) <= _MOST_LAYERS
        and -1 <= result.low <= result.high <= 1
        and _is_moment(result.date)
    )
    if not is_possible:
        raise RequestError(
            f"Expected numbers that an evaluation gives, got {result}"[:_LONGEST_TEXT] + "; measure again."
        )
    return result


def _is_moment(text: str) -> bool:
    try:
        return math.isfinite(moment(text))
    except (ValueError, OverflowError, OSError):
        return False


def moment(text: str) -> float:
    """Seconds since 1970 of an ISO 8601 date; UTC where it names no zone.

    >>> moment("1970-01-01T00:01:00")
    60.0
    """
    date = datetime.fromisoformat(text)
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
