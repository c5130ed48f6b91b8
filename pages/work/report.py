"""What running work tells: how far it is, and its results so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["Report"]

T = TypeVar("T")


@dataclass(frozen=True)
class Report(Generic[T]):
    """Through this, running work reports its progress and its results so far, from any of its threads."""

    _note: Callable[[float, str], bool]
    _publish: Callable[[T], None]

    def progress(self, share: float, message: str) -> bool:
        """Report the share done (0 to 1) and what is being done. Returns False when the work should stop."""
        return self._note(share, message)

    def publish(self, partial: T) -> None:
        """Publish a result so far. The work must not change this value afterwards."""
        self._publish(partial)
