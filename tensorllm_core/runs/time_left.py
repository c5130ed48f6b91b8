"""The time that work still needs, from its reports of the share done."""

from __future__ import annotations

import math

__all__ = ["TimeLeft"]

_LEAST_SECONDS, _LEAST_SHARE, _LEAST_REPORTS = 2.0, 0.02, 4
"""What must have passed before there is an estimate; the share counts only in the first `_ENOUGH_SECONDS`."""
_ENOUGH_SECONDS = 20.0
_MEMORY = 0.8
"""Reports lose weight as they grow older, by the factor e after this part of all the time so far."""
_MOST_CHANGE = 1.6
"""The most by which the expected whole time may change, as a factor, within a second or a tenth of the time so far."""


class TimeLeft:
    """An estimate from the recent speed, with all earlier speed in it too.

    The time counts from the latest report of share 0, so that what comes before the measured work is no part of it.
    Old reports lose weight in proportion to all the time so far: a slow beginning is forgotten, and a short pause late
    in the work hardly shows. The expected whole time never jumps: it moves to a new value step by step.

    >>> left = TimeLeft()
    >>> for second in range(6):
    ...     left.report(second / 20, float(second))
    >>> left.seconds(5.0), left.seconds(7.0)
    (15.0, 13.0)
    """

    def __init__(self) -> None:
        self._began_at = self._reported_at = self._estimated_at = 0.0
        self._share = self._gained = self._passed = 0.0
        self._reports = 0
        self._whole: float | None = None

    def report(self, share: float, now: float) -> None:
        """Note the share done, from 0 to 1, at a time in seconds of any clock."""
        if share <= 0.0:
            self._begin(now)
            return
        gained, passed = share - self._share, now - self._reported_at
        if gained <= 0.0 or passed <= 0.0:
            return
        # 1. The speed: the share gained by the time passed, both with a weight that falls with age.
        keep = math.exp(-passed / (_MEMORY * (now - self._began_at)))
        self._gained, self._passed = self._gained * keep + gained, self._passed * keep + passed
        self._share, self._reported_at, self._reports = share, now, self._reports + 1
        # 2. The whole time that follows, once enough has passed.
        elapsed = now - self._began_at
        if self._reports < _LEAST_REPORTS or elapsed < _LEAST_SECONDS:
            return
        if share < _LEAST_SHARE and elapsed < _ENOUGH_SECONDS:
            return
        whole = elapsed + (1.0 - share) * self._passed / self._gained
        # 3. It moves there step by step.
        if self._whole is not None:
            most = _MOST_CHANGE ** min((now - self._estimated_at) / max(0.1 * elapsed, 1.0), 1.0)
            whole = min(max(whole, self._whole / most), self._whole * most)
        self._whole, self._estimated_at = whole, now

    def seconds(self, now: float) -> float | None:
        """The seconds left; None while they are not known, and where the work takes longer than was expected."""
        if self._whole is None:
            return None
        left = self._began_at + self._whole - now
        return left if left > 0 else None

    def _begin(self, now: float) -> None:
        self._began_at = self._reported_at = self._estimated_at = now
        self._share = self._gained = self._passed = 0.0
        self._reports = 0
        self._whole = None
