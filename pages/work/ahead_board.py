"""The board of background work with a third lane: what nobody has asked for yet, done ahead while nobody waits."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pages.work.queue import Board
from pages.work.report import Report
from pages.work.task import Lane, State, Task

__all__ = ["AheadBoard", "Wish"]

T = TypeVar("T")

_NICENESS = 5
"""How far back the threads stand: they get about a quarter of a processor that others need."""


@dataclass(frozen=True)
class Wish:
    """Work that may be asked for next; all as in `Board.start`."""

    key: str
    title: str
    work: Callable[[Report[Any]], Any]


class AheadBoard(Board):
    """A board whose devices are never idle while there are wishes.

    A wish runs only while no other task runs or waits on its device, and while a session watches that made it. When
    somebody asks for something else it gives way, and begins again later. When somebody asks for the wish itself while
    it runs, it goes on and is a task like all others.

    `quiet` is how many seconds after the latest act of a visitor wishes stand still, so that the page is drawn as
    quickly as without them. The other arguments are those of `Board`.
    """

    def __init__(self, *, quiet: float = 0.0, **options: Any) -> None:
        super().__init__(**options)
        self._quiet = quiet
        self._quiet_until = float("-inf")
        self._failed: set[str] = set()

    def touch(self) -> None:
        """Note that a visitor acts, and that a page is drawn."""
        with self.changed:
            self._quiet_until = self.clock() + self._quiet

    def prepare(self, wishes: Sequence[Wish], session: str, device: str) -> None:
        """What this session may ask for next, the likeliest first, in place of all its earlier wishes.

        The work keeps its own result, where the one who asks will look for it. A wish whose work has failed is not
        tried again.
        """
        with self.changed:
            keys = [wish.key for wish in wishes]
            for old in [task for queue in self._queues.values() for task in queue if not task.wanted]:
                # Waiting ones queue up anew, in the new order.
                if old.key not in keys or old.state is State.WAITING:
                    old.askers.discard(session)
                    if not old.askers:
                        self._withdraw(old)
            for wish in wishes:
                task = self._tasks.get(wish.key)
                if task is None and wish.key not in self._failed:
                    queue = self._queue(device, Lane.AHEAD)
                    super()._join_or_begin(wish.key, wish.title, wish.work, queue, session).wanted = False
                elif task is not None and not task.wanted:
                    self._join(task, session)

    def restart(self, task: Task[T], session: str) -> Task[T]:
        """As on every board; what had begun as a wish is now asked for, and waits no longer than other quick work."""
        with self.changed:
            device, lane = self._place(task.queue)
            if lane is Lane.AHEAD:
                task.queue = self._queue(device, Lane.QUICK)
            return super().restart(task, session)

    def find(self, key: str, session: str) -> Task | None:
        """As on every board; to look for a wish is to ask for it."""
        with self.changed:
            self._ask_for(key)
            return super().find(key, session)

    def forget(self, key: str, session: str) -> None:
        """As on every board; nobody has asked for a wish, so there is nothing to forget."""
        with self.changed:
            task = self._tasks.get(key)
            if task is None or task.wanted:
                super().forget(key, session)

    def is_done(self, key: str) -> bool:
        """Whether the result of this key is there; to ask this is not to ask for it."""
        with self.changed:
            task = self._tasks.get(key)
            return task is not None and task.state is State.DONE

    def give(self, key: str, title: str, result: T, session: str, device: str) -> Task[T]:
        """A task of this key that is done, with a result that is there already and that somebody else keeps."""
        with self.changed:
            self._ask_for(key)
            queue = self._queue(device, Lane.QUICK)
            task: Task[T] = Task(key, title, None, queue, self.clock(), State.DONE, published=1)
            task.partial = result
            self._tasks.pop(key, None)
            self._tasks[key] = task
            self._join(task, session)
            return task

    def note(self, task: Task, share: float, message: str) -> bool:
        """As on every board; a wish stands still here while a page is drawn, and is told to give way to others."""
        with self.changed:
            goes_on = super().note(task, share, message)
            while goes_on and not task.wanted and self._may_run(task) and self._until_quiet():
                self.changed.wait(self._until_quiet())
                goes_on = not task.stopping
            task.told_to_stop = not (goes_on and self._may_run(task))
            return not task.told_to_stop

    def publish(self, task: Task[T], partial: T) -> None:
        """As on every board; those who wait for a first result hear of it."""
        with self.changed:
            super().publish(task, partial)
            self.changed.notify_all()

    def _serve(self, queue: list[Task]) -> None:
        with self.changed:
            is_ahead = self._place(queue)[1] is Lane.AHEAD
        if is_ahead:
            _stand_back()
        super()._serve(queue)

    def _wait_for_work(self, queue: list[Task]) -> bool:
        with self.changed:
            while not self._closed and (self._place(queue)[1] is Lane.AHEAD):
                for task in [task for task in queue if not self._is_watched(task)]:
                    self._withdraw(task)
                if queue and self._may_run(queue[0]) and not self._until_quiet():
                    break
                self.changed.wait(self._until_quiet() if queue else None)
            return super()._wait_for_work(queue)

    def _join_or_begin(
        self, key: str, title: str, work: Callable[[Report[T]], T], queue: list[Task], session: str
    ) -> Task[T]:
        self._ask_for(key)
        return super()._join_or_begin(key, title, work, queue, session)

    def _end(self, task: Task, state: State) -> None:
        if task.wanted:
            super()._end(task, state)
            return
        task.partial, task.size = None, 0
        if state is State.STOPPED and not task.stopping:
            # It gave way to others, and waits for its turn again.
            task.state, task.share = State.WAITING, 0.0
            return
        super()._end(task, state)
        if state is State.FAILED:
            self._failed.add(task.key)
        if self._tasks.get(task.key) is task:
            del self._tasks[task.key]

    def _ask_for(self, key: str) -> None:
        """Make a wish that runs a task like all others; one that does not run is dropped, to begin at once."""
        task = self._tasks.get(key)
        if task is None or task.wanted:
            return
        if task.state is State.RUNNING and not task.stopping and not task.told_to_stop:
            task.wanted, task.asked_at = True, self.clock()
            task.askers.clear()
            self.changed.notify_all()
        else:
            self._withdraw(task)

    def _withdraw(self, task: Task) -> None:
        """Stop a wish, and find it no more."""
        if self._tasks.get(task.key) is task:
            del self._tasks[task.key]
        self._stop(task)
        self.changed.notify_all()

    def _may_run(self, task: Task) -> bool:
        """Whether a task may run as far as others are concerned: always, but for a wish."""
        device, _ = self._place(task.queue)
        busy = any(self._queues.get((device, lane)) for lane in (Lane.QUICK, Lane.LONG))
        return task.wanted or (self._is_watched(task) and not busy)

    def _is_watched(self, task: Task) -> bool:
        return task.wanted or any(self._connected(session) for session in task.askers)

    def _until_quiet(self) -> float | None:
        """Seconds for which wishes still stand still because of a page; None if they need not."""
        left = self._quiet_until - self.clock()
        return left if left > 0 else None

    def _place(self, queue: list[Task]) -> tuple[str, Lane]:
        return next(place for place, other in self._queues.items() if other is queue)


def _stand_back() -> None:
    """Give this thread, and those that it starts, a lower priority than the others, where each can have its own."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
