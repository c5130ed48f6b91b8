"""Progress of work that has several steps of equal length."""

from __future__ import annotations

from tensorllm_core.errors import StoppedError
from tensorllm_core.types import Progress

__all__ = ["Steps"]


class Steps:
    """Turns the progress within each of `steps` equal steps into progress of the whole."""

    def __init__(self, progress: Progress | None, steps: int) -> None:
        self._progress, self._steps, self._done = progress, max(steps, 1), 0

    def begin(self, name: str) -> Progress:
        """Report the next step by its name; returns the progress within that step, with shares from 0 to 1.

        Raises:
            StoppedError: `progress` asked to stop.
        """
        done = self._done
        self._done += 1

        def progress_within(share: float, message: str) -> bool:
            return self._progress is None or self._progress((done + share) / self._steps, f"{name}: {message}")

        if self._progress is not None and not self._progress(done / self._steps, name):
            raise StoppedError("The decomposition was stopped before it was done; start it again.")
        return progress_within
