"""What was measured of one edit: a flat record of plain values, and whether its numbers can be true."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from tensorllm_core.errors import RequestError

__all__ = ["Measured", "checked", "moment"]

_LONGEST_TEXT = 1000
_MOST_LAYERS = 10_000


@dataclass(frozen=True)
class Measured:
    """One edit of one model on one benchmark, against the model as it is, on the same n questions.

    Accuracies, their difference and its 95 % interval (`low`, `high`) are shares of 1, losses are in nats; `p` is that
    of McNemar's exact test. `ranks` is empty where the layers have different ones or the method has none, and
    `setting` says in words what ranks do not. `date` is UTC, as ISO 8601 writes it.
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
        """How much more was answered rightly."""
        return self.accuracy_after - self.accuracy_before

    @property
    def beyond_luck(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low > 0 or self.high < 0


def checked(found: Measured) -> Measured:
    """The result, if its numbers can be those of an evaluation.

    Raises:
        RequestError: they cannot.
    """
    texts = (found.model, found.revision, found.benchmark, found.split, found.method, found.setting, found.date)
    shares = (found.accuracy_before, found.accuracy_after, found.p)
    numbers = (*shares, found.loss_before, found.loss_after, found.low, found.high, found.compression_ratio)
    counts = (found.n, *found.layers, *found.ranks)
    right = (
        all(isinstance(text, str) and len(text) <= _LONGEST_TEXT for text in texts)
        and all(type(count) is int and count >= 0 for count in counts)
        and all(type(number) in {int, float} and math.isfinite(number) for number in numbers)
        and all(0 <= share <= 1 for share in shares)
        and found.n >= 1
        and 1 <= len(found.layers) <= _MOST_LAYERS
        and -1 <= found.low <= found.high <= 1
        and _is_moment(found.date)
    )
    if not right:
        raise RequestError(
            f"Expected numbers that an evaluation gives, got {found}"[:_LONGEST_TEXT] + "; measure again."
        )
    return found


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
    found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
