"""One piece of background work: its state, its result so far, and the browser sessions that want it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar

from tensorllm_core.runs.time_left import TimeLeft

__all__ = ["Ahead", "Lane", "Snapshot", "State", "Task"]

T = TypeVar("T")

_LOOK = 120.0
"""Seconds for which a session that only looks at a task wants it. A browser slows down the timers of a hidden tab."""


class State(StrEnum):
    """The states of a task."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


class Lane(StrEnum):
    """The three queues of a device, each with a thread of its own.

    A decomposition or refinement takes seconds and must not wait for an evaluation that takes minutes. With a second
    thread the work itself stays simple: the alternative is to cut an evaluation into pieces, and to carry its models
    and state from piece to piece. The price is that both share the device for the seconds of the short work.

    What is done ahead, before anybody asks, runs only while the other two queues of its device are empty.
    """

    QUICK = "quick"
    LONG = "long"
    AHEAD = "ahead"


@dataclass(frozen=True)
class Ahead:
    """The work for which a waiting task waits: its title, whether this session wants it, how long it will take."""

    title: str
    yours: bool
    stopping: bool
    seconds_left: float | None


@dataclass(frozen=True)
class Snapshot(Generic[T]):
    """A task as one browser session sees it at one moment. A session that stopped it sees it as stopped.

    `position` counts the tasks before it in its queue, and `ahead` is the first of them, which runs. `share` is the
    share done (0 to 1). `partial` is the latest result, and `result` is the same once the task has ended. `published`
    counts the partial results. `seconds_left` is None as long as it cannot be estimated. `sentence` says why the task
    failed.
    """

    state: State
    stopping: bool
    position: int
    ahead: Ahead | None
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
        """What the work returned. If it was stopped or failed: the latest result that it published."""
        return self.partial if self.ended else None


@dataclass(eq=False)
class Task(Generic[T]):
    """One computation, shared by all sessions that ask for its key. Change it only under the lock of its board.

    `asked_at` and `began_at` are readings of the board's clock in seconds; `duration` is set at the end. `partial` is
    the latest result, at the end the final one. `askers` are the sessions that asked for it, `lookers` those that only
    look at it, each with the time of its last look. `leavers` are the sessions that stopped the task while others went
    on, each with the result that it saw at that moment. `size` is the number of bytes that the result holds. `wanted`
    is False while nobody has asked for the task, and it is done ahead; its askers are then those that may ask.
    """

    key: str
    title: str
    work: Callable[[Any], T] | None
    queue: list[Task]
    asked_at: float
    state: State = State.WAITING
    share: float = 0.0
    message: str = ""
    began_at: float = 0.0
    time_left: TimeLeft = field(default_factory=TimeLeft)
    duration: float = 0.0
    partial: T | None = None
    published: int = 0
    error: BaseException | None = None
    sentence: str = ""
    stopping: bool = False
    told_to_stop: bool = False
    abandoned: bool = False
    alone_since: float | None = None
    askers: set[str] = field(default_factory=set)
    lookers: dict[str, float] = field(default_factory=dict)
    leavers: dict[str, T | None] = field(default_factory=dict)
    size: int = 0
    wanted: bool = True

    @property
    def ended(self) -> bool:
        """Whether it is done, stopped or failed."""
        return self.state not in {State.WAITING, State.RUNNING}

    @property
    def position(self) -> int:
        """How many tasks are before it in its queue, with the running one."""
        return self.queue.index(self) if self.state is State.WAITING else 0

    def is_for(self, session: str) -> bool:
        """Whether a session may see it.

        A task that ended without a result, or was abandoned, is shown only to the sessions that took part in it.
        Another session that asks for the same key gets a new attempt.
        """
        worth_sharing = self.state is State.DONE or not self.ended or self.partial is not None
        return session in self.sessions or (worth_sharing and not self.abandoned)

    @property
    def sessions(self) -> set[str]:
        """All who took part in it."""
        return self.askers | self.lookers.keys()

    def is_wanted_by(self, session: str, now: float) -> bool:
        """Whether a session asked for it, or looked at it lately, and has not stopped it."""
        looked = now - self.lookers.get(session, -_LOOK) < _LOOK
        return session not in self.leavers and (session in self.askers or looked)

    def snapshot(self, session: str, now: float) -> Snapshot[T]:
        """The task as this session sees it now."""
        has_left = session in self.leavers and not self.stopping
        return Snapshot(
            state=State.STOPPED if has_left else self.state,
            stopping=self.stopping and not self.ended,
            position=self.position,
            ahead=self._ahead(session, now),
            share=1.0 if self.state is State.DONE else self.share,
            message=self.message,
            seconds=self.seconds(now),
            seconds_left=self.seconds_left(now),
            partial=self.leavers[session] if has_left else self.partial,
            published=self.published,
            sentence=self.sentence,
            error=self.error,
        )

    def seconds(self, now: float) -> float:
        """Seconds that it has run."""
        return now - self.began_at if self.state is State.RUNNING else self.duration

    def seconds_left(self, now: float) -> float | None:
        """Seconds that the rest will take; None if that is unknown or has proved wrong."""
        return self.time_left.seconds(now) if self.state is State.RUNNING else None

    def _ahead(self, session: str, now: float) -> Ahead | None:
        if self.position == 0:
            return None
        first = self.queue[0]
        return Ahead(first.title, first.is_wanted_by(session, now), first.stopping, first.seconds_left(now))
