"""The queues of background work: what waits and runs, and which sessions still want it. Knows no Streamlit."""

from __future__ import annotations

import math
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from pages.work.apology import free
from pages.work.report import Report
from pages.work.task import Lane, State, Task
from tensorllm_core.errors import StoppedError

__all__ = ["Board"]

T = TypeVar("T")

_GRACE = 10.0
"""Seconds after which a task stops when nobody is connected any more. A reload takes less."""
_BETWEEN_CHECKS = 1.0
"""Seconds between two checks of who is connected."""
_MOST_ENDED = 64
"""Ended tasks that are kept."""
_MOST_BYTES = 2 * 2**30
"""Bytes that the results of ended tasks may hold together."""


class Board:
    """All tasks of the process: those that wait or run, and the latest ones that have ended.

    `connected` says whether a session is still connected, `explain` makes the sentence for an error, `size` measures
    the bytes that a result holds. One lock, that of `changed`, protects everything that threads share.
    """

    def __init__(
        self,
        connected: Callable[[str], bool] = lambda session: True,
        explain: Callable[[BaseException], str] = str,
        size: Callable[[Any], int] = lambda result: 0,
        clock: Callable[[], float] = time.monotonic,
        most_ended: int = _MOST_ENDED,
        most_bytes: int = _MOST_BYTES,
    ) -> None:
        self.changed = threading.Condition(threading.RLock())
        self.clock = clock
        self._connected, self._explain, self._size = connected, explain, size
        self._most_ended, self._most_bytes = most_ended, most_bytes
        self._tasks: dict[str, Task] = {}
        self._queues: defaultdict[tuple[str, Lane], list[Task]] = defaultdict(list)
        self._checked_at = 0.0
        self._closed = False

    def watch(self) -> None:
        """From now on, end what nobody watches any more: while work reports nothing, and while it waits, too."""
        threading.Thread(target=self._watch, name="who is connected", daemon=True).start()

    def close(self) -> None:
        """Ask all tasks to stop and let the threads end. Nothing can be started afterwards."""
        with self.changed:
            self._closed = True
            for task in [task for queue in self._queues.values() for task in queue]:
                self._stop(task)
            self.changed.notify_all()

    def start(
        self, key: str, title: str, work: Callable[[Report[T]], T], session: str, device: str, lane: Lane
    ) -> Task[T]:
        """The task of this key: the session joins it if it runs or is done, else a new one joins its queue."""
        with self.changed:
            return self._join_or_begin(key, title, work, self._queue(device, lane), session)

    def restart(self, task: Task[T], session: str) -> Task[T]:
        """Make a new attempt at a task that was stopped or failed."""
        with self.changed:
            if task.work is None:
                return task
            self.forget(task.key, session)
            return self._join_or_begin(task.key, task.title, task.work, task.queue, session)

    def find(self, key: str, session: str) -> Task | None:
        """The task of this key if this session may see it; the session counts as wanting it while it looks at it."""
        with self.changed:
            task = self._tasks.get(key)
            if task is None or not task.is_for(session):
                return None
            # The order of the dictionary is that of use: the task used last is dropped last.
            self._tasks[key] = self._tasks.pop(key)
            # After a reload, a tab is a session of another name: it takes over what it had asked for before.
            if session not in task.leavers and not any(map(self._connected, task.askers)):
                self._join(task, session)
            self.look(task, session)
            return task

    def look(self, task: Task, session: str) -> None:
        """Note that this session looks at the task now."""
        with self.changed:
            task.lookers[session] = self.clock()

    def leave(self, task: Task, session: str) -> None:
        """Note that this session no longer wants the task; it stops if no other connected session wants it."""
        with self.changed:
            if task.ended:
                return
            task.leavers[session] = task.partial
            if not self._is_wanted(task):
                self._stop(task)

    def forget(self, key: str, session: str) -> None:
        """Drop the task, so that the next `start` begins a new one; a running task that others want goes on."""
        with self.changed:
            task = self._tasks.get(key)
            if task is None:
                return
            self.leave(task, session)
            task.askers.discard(session)
            task.lookers.pop(session, None)
            task.leavers.pop(session, None)
            if task.ended or task.stopping:
                del self._tasks[key]

    def note(self, task: Task, share: float, message: str) -> bool:
        """See `Report.progress`."""
        with self.changed:
            now = self.clock()
            if not task.ended:
                task.share = 0.0 if math.isnan(share) else min(max(share, 0.0), 1.0)
                task.message = message
                task.time_left.report(task.share, now)
            self._check_connections(now)
            task.told_to_stop = task.stopping
            return not task.stopping

    def publish(self, task: Task[T], result: T) -> None:
        """See `Report.publish`."""
        with self.changed:
            if not task.ended:
                task.partial = result
                task.published += 1

    def _queue(self, device: str, lane: Lane) -> list[Task]:
        is_new = (device, lane) not in self._queues
        queue = self._queues[device, lane]
        if is_new:
            # One thread for all work of a queue: libraries keep memory for each thread. A daemon never delays the exit.
            threading.Thread(target=self._serve, args=(queue,), name=f"{lane} work on {device}", daemon=True).start()
        return queue

    def _join_or_begin(
        self, key: str, title: str, work: Callable[[Report[T]], T], queue: list[Task], session: str
    ) -> Task[T]:
        task = self._tasks.get(key)
        if task is None or (task.state is not State.DONE and (task.ended or task.stopping)):
            task = Task(key, title, work, queue, self.clock())
            self._tasks.pop(key, None)
            self._tasks[key] = task
            queue.append(task)
            self.changed.notify_all()
        self._join(task, session)
        return task

    def _join(self, task: Task, session: str) -> None:
        task.askers.add(session)
        task.leavers.pop(session, None)
        task.alone_since = None

    def _serve(self, queue: list[Task]) -> None:
        while self._wait_for_work(queue):
            self._run_first(queue)

    def _wait_for_work(self, queue: list[Task]) -> bool:
        with self.changed:
            self.changed.wait_for(lambda: queue or self._closed)
            return bool(queue)

    def _run_first(self, queue: list[Task]) -> None:
        with self.changed:
            if not queue:
                # The last one was taken back a moment ago.
                return
            task = queue[0]
            task.state = State.RUNNING
            task.began_at = self.clock()
            task.time_left.report(0.0, task.began_at)
        result, size, problem = None, 0, None
        try:
            result = task.work(Report(partial(self.note, task), partial(self.publish, task))) if task.work else None
            size = self._size(result)
        except BaseException as error:
            problem = error
        if problem is not None and not isinstance(problem, StoppedError):
            sentence = self._explain(problem)
            free(problem)
            with self.changed:
                task.error, task.sentence = problem, sentence
                self._end(task, State.FAILED)
            return
        with self.changed:
            if result is not None:
                task.partial, task.size = result, size
                task.published += 1
            self._end(task, State.STOPPED if problem or task.told_to_stop else State.DONE)

    def _end(self, task: Task, state: State) -> None:
        task.duration = task.seconds(self.clock())
        task.state = state
        task.queue.remove(task)
        task.leavers.clear()
        if state is State.DONE:
            # The function may hold large objects, and nobody will start it again.
            task.work = None
        self.changed.notify_all()
        ended = [other for other in self._tasks.values() if other.ended and other is not task]
        while ended and (
            len(ended) >= self._most_ended or task.size + sum(other.size for other in ended) > self._most_bytes
        ):
            del self._tasks[ended.pop(0).key]

    def _stop(self, task: Task) -> None:
        task.stopping = True
        if task.state is State.WAITING:
            self._end(task, State.STOPPED)

    def _is_wanted(self, task: Task) -> bool:
        now = self.clock()
        return any(task.is_wanted_by(session, now) and self._connected(session) for session in task.sessions)

    def _watch(self) -> None:
        while True:
            with self.changed:
                self.changed.wait_for(lambda: self._closed or any(self._queues.values()))
                if self.changed.wait_for(lambda: self._closed, _BETWEEN_CHECKS):
                    return
                self._check_connections(self.clock())

    def _check_connections(self, now: float) -> None:
        if now - self._checked_at < _BETWEEN_CHECKS:
            return
        self._checked_at = now
        for task in [task for queue in self._queues.values() for task in queue if not task.stopping]:
            if self._is_wanted(task):
                task.alone_since = None
            elif task.alone_since is None:
                task.alone_since = now
            elif now - task.alone_since >= _GRACE:
                task.abandoned = True
                self._stop(task)
