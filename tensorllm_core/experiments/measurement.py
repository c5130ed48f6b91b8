"""The measurement of one edit: a flat record of plain values, and a check that its numbers can be true."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tensorllm_core.errors import RequestError

__all__ = ["Measurement", "check_measurement", "timestamp"]

_LONGEST_TEXT = 1000
_MOST_LAYERS = 10_000


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


@dataclass(frozen=True)
class Measurement:
    """What one edit of one model did on one benchmark: before and after the edit, on the same n questions.

    Accuracies, their difference and its 95% interval (`low`, `high`) are shares of 1, losses are in nats; `p` is that
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
    date: str = field(default_factory=_now)

    @property
    def delta(self) -> float:
        """Accuracy after the edit minus accuracy before, a share of 1."""
        return self.accuracy_after - self.accuracy_before

    @property
    def beyond_luck(self) -> bool:
        """Whether the 95% interval of the difference leaves out zero."""
        return self.low > 0 or self.high < 0


def check_measurement(measurement: Measurement) -> Measurement:
    """The measurement itself, if its numbers are plain ones that an evaluation can give.

    Raises:
        RequestError: they are not.
    """
    texts = (
        *(measurement.model, measurement.revision, measurement.benchmark, measurement.split),
        *(measurement.method, measurement.setting, measurement.date),
    )
    shares = (measurement.accuracy_before, measurement.accuracy_after, measurement.p)
    interval = (measurement.low, measurement.high)
    losses = (measurement.loss_before, measurement.loss_after)
    numbers = (*shares, *interval, *losses, measurement.compression_ratio)
    counts = (measurement.n, *measurement.layers, *measurement.ranks)
    is_possible = (
        all(isinstance(text, str) and len(text) <= _LONGEST_TEXT for text in texts)
        and all(type(count) is int and count >= 0 for count in counts)
        and all(type(number) in {int, float} and math.isfinite(number) for number in numbers)
        and all(0 <= share <= 1 for share in shares)
        and measurement.n >= 1
        and 1 <= len(measurement.layers) <= _MOST_LAYERS
        and -1 <= measurement.low <= measurement.high <= 1
        and _is_date(measurement.date)
    )
    if not is_possible:
        raise RequestError(
            f"Expected numbers that an evaluation gives, got {measurement}"[:_LONGEST_TEXT] + "; measure again."
        )
    return measurement


def _is_date(text: str) -> bool:
    try:
        return math.isfinite(timestamp(text))
    except (ValueError, OverflowError, OSError):
        return False


def timestamp(text: str) -> float:
    """Seconds since 1970 of an ISO 8601 date; UTC where it names no zone.

    >>> timestamp("1970-01-01T00:01:00")
    60.0
    """
    date = datetime.fromisoformat(text)
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
