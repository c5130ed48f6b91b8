"""One piece of background work: where it stands, and who wants it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar

__all__ = ["Lane", "Snapshot", "State", "Task"]

T = TypeVar("T")

_TELLING_SHARE = 0.02


class State(StrEnum):
    """Where a task stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


class Lane(StrEnum):
    """The two lines of a device, each with a thread of its own.

    A decomposition or refinement must not wait behind an evaluation of minutes. A second thread asks nothing of
    the work, while an evaluation cut into pieces would have to carry its models and state from piece to piece; the
    price is that the two share the device for the seconds that the short one takes.
    """

    QUICK = "quick"
    LONG = "long"


@dataclass(frozen=True)
class Snapshot(Generic[T]):
    """A task as one browser session sees it at one moment; for whoever has stopped it, it is stopped.

    `position` counts the tasks before it in its line, `share` is the share done (0 to 1). `partial` is the latest
    result there is, `result` the last one once the task has ended. `published` counts the partial results.
    `seconds_left` is None while there is no pace to tell it by. `sentence` says why it failed.
    """

    state: State
    stopping: bool
    position: int
    share: float
    message: str
    seconds: float
    seconds_left: float | None
    partial: T | None
    published: int
    sentence: str
    error: BaseException | None

    @property
    def ended(self) -> bool:
        """Done, stopped or failed."""
        return self.state not in {State.WAITING, State.RUNNING}

    @property
    def result(self) -> T | None:
        """What the work returned; once stopped or failed, the latest that it has published."""
        return self.partial if self.ended else None


@dataclass(eq=False)
class Task(Generic[T]):
    """One computation, shared by all sessions that ask for its key; changed under the lock of its board only.

    Times are readings of the board's clock. `partial` is the latest that there is, at the end the result.
    `left` holds what a session had before it when it asked to stop, while others went on.
    """

    key: str
    title: str
    work: Callable[[Any], T] | None
    line: list[Task]
    asked: float
    state: State = State.WAITING
    share: float = 0.0
    message: str = ""
    began: float = 0.0
    took: float = 0.0
    reported: float = 0.0
    at_zero: float = 0.0
    partial: T | None = None
    published: int = 0
    error: BaseException | None = None
    sentence: str = ""
    stopping: bool = False
    heeded: bool = False
    abandoned: bool = False
    alone_since: float | None = None
    sessions: set[str] = field(default_factory=set)
    left: dict[str, T | None] = field(default_factory=dict)
    size: int = 0

    @property
    def ended(self) -> bool:
        """Whether nothing will change any more."""
        return self.state not in {State.WAITING, State.RUNNING}

    @property
    def position(self) -> int:
        """How many stand before it in its line, the running one included."""
        return self.line.index(self) if self.state is State.WAITING else 0

    def is_for(self, session: str) -> bool:
        """Whether a session may see it.

        What ended without a result, and what was abandoned, concerns only those who were there: whoever else asks
        for the same gets a new attempt.
        """
        worth_sharing = self.state is State.DONE or not self.ended or self.partial is not None
        return session in self.sessions or (worth_sharing and not self.abandoned)

    def seen_by(self, session: str, now: float) -> Snapshot[T]:
        """The task as this session sees it now."""
        has_left = session in self.left and not self.stopping
        return Snapshot(
            state=State.STOPPED if has_left else self.state,
            stopping=self.stopping and not self.ended,
            position=self.position,
            share=1.0 if self.state is State.DONE else self.share,
            message=self.message,
            seconds=self.seconds(now),
            seconds_left=self.seconds_left(now),
            partial=self.left[session] if has_left else self.partial,
            published=self.published,
            sentence=self.sentence,
            error=self.error,
        )

    def seconds(self, now: float) -> float:
        """Seconds of running."""
        return now - self.began if self.state is State.RUNNING else self.took

    def seconds_left(self, now: float) -> float | None:
        """Seconds that the rest will take at the pace so far; None while there is no pace, or it has proved wrong.

        The pace counts from the latest report of nothing done, so that loading a model does not slow it down.
        """
        if self.state is not State.RUNNING or self.share < _TELLING_SHARE:
            return None
        whole = (self.reported - self.at_zero) / self.share
        left = whole * (1.0 - self.share) - (now - self.reported)
        return left if left > 0 else None
