"""Progress of a command on standard error: about one line a second, with the time left once it is known."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType

from tensorllm_core.experiments.needs import duration_text
from tensorllm_core.runs.time_left import TimeLeft

__all__ = ["ProgressLines"]

_BETWEEN_LINES = 1.0
_SILENCE = 10.0
"""Seconds after which the same step is named again, so that one sees that it goes on."""


class ProgressLines:
    """Prints progress while its `with` statement lasts; it is called as a `Progress` and never asks to stop.

    Before the work has a share, a step is printed only when it lasts a second: bad input that is found at once leaves
    its error as the only line.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._left = TimeLeft()
        self._share, self._message, self._printed = 0.0, "", ""
        self._printed_at = time.monotonic()
        self._is_open = True

    def __call__(self, share: float, message: str) -> bool:
        """Report; always True."""
        with self._changed:
            now = time.monotonic()
            self._left.report(share, now)
            if not self._message:
                threading.Thread(target=self._watch, name="progress", daemon=True).start()
            self._share, self._message = share, message
            if share > 0 and (not self._printed or now - self._printed_at >= _BETWEEN_LINES):
                self._print(now)
        return True

    def say(self, line: str) -> None:
        """Print a line of its own."""
        with self._changed:
            print(line, file=sys.stderr, flush=True)

    def __enter__(self) -> ProgressLines:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._changed:
            self._is_open = False
            self._changed.notify_all()

    def _watch(self) -> None:
        """Print what nobody has reported since: a step that lasts."""
        with self._changed:
            while self._is_open:
                self._changed.wait(_BETWEEN_LINES / 2)
                now = time.monotonic()
                silent = now - self._printed_at
                is_new = self._message != self._printed
                if self._is_open and silent >= (_BETWEEN_LINES if is_new else _SILENCE):
                    self._print(now)

    def _print(self, now: float) -> None:
        left = self._left.seconds(now)
        rest = f", about {duration_text(left)} left" if left is not None else ""
        print(f"{self._share:.0%} {self._message}{rest}", file=sys.stderr, flush=True)
        self._printed, self._printed_at = self._message, now
