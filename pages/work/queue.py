"""Background work in order of asking: what waits and runs, and who still wants it; knows no Streamlit."""

from __future__ import annotations

import math
import threading
import time
import traceback
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pages.work.task import Lane, State, Task
from tensorllm_core.errors import StoppedError

__all__ = ["Board", "Report"]

T = TypeVar("T")

_GRACE = 10.0
"""Seconds with nobody connected until a task stops: a reload takes less."""
_BETWEEN_LOOKS = 1.0
"""Seconds between two looks at who is connected."""
_MOST_ENDED = 64
_MOST_BYTES = 2 * 2**30


@dataclass(frozen=True)
class Report(Generic[T]):
    """What work is handed to tell how far it is; may be used from any thread of the work."""

    board: Board
    task: Task[T]

    def progress(self, share: float, message: str) -> bool:
        """Tell the share done (0 to 1) and what is being done; False asks to stop."""
        return self.board.note(self.task, share, message)

    def publish(self, partial: T) -> None:
        """Show a result so far; a value that nobody changes afterwards."""
        self.board.publish(self.task, partial)


class Board:
    """All tasks of the process: those that wait or run, and the latest that have ended.

    `connected` says whether a session is still there, `explain` makes the sentence for an error, `size` measures
    the bytes that a result holds. Everything that threads share lives under one lock, that of `changed`.
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
        self._lines: defaultdict[tuple[str, Lane], list[Task]] = defaultdict(list)
        self._looked = 0.0
        self._closed = False

    def close(self) -> None:
        """Ask everything to stop and let the threads end; nothing can be started any more."""
        with self.changed:
            self._closed = True
            for task in [task for line in self._lines.values() for task in line]:
                self._stop(task)
            self.changed.notify_all()

    def start(
        self, key: str, title: str, work: Callable[[Report[T]], T], session: str, device: str, lane: Lane
    ) -> Task[T]:
        """The task under this key: joined if it is going on or done, else begun at the end of its line."""
        with self.changed:
            return self._join_or_begin(key, title, work, self._line(device, lane), session)

    def again(self, task: Task[T], session: str) -> Task[T]:
        """A new attempt at what was stopped or failed."""
        with self.changed:
            if task.work is None:
                return task
            self.forget(task.key, session)
            return self._join_or_begin(task.key, task.title, task.work, task.line, session)

    def find(self, key: str, session: str) -> Task | None:
        """The task under this key, if it is for this session, which from then on counts as wanting it."""
        with self.changed:
            task = self._tasks.get(key)
            if task is None or not task.is_for(session):
                return None
            # The one that was looked at last leaves last.
            self._tasks[key] = self._tasks.pop(key)
            if session not in task.left:
                self._join(task, session)
            return task

    def leave(self, task: Task, session: str) -> None:
        """This session wants no more of it; it stops when nobody else who is connected wants it."""
        with self.changed:
            if task.ended:
                return
            task.left[session] = task.partial
            if not any(self._connected(other) for other in task.sessions - task.left.keys()):
                self._stop(task)

    def forget(self, key: str, session: str) -> None:
        """Let the next `start` begin anew, unless others still want what is going on: then it joins them."""
        with self.changed:
            task = self._tasks.get(key)
            if task is None:
                return
            self.leave(task, session)
            task.sessions.discard(session)
            task.left.pop(session, None)
            if task.ended or task.stopping:
                del self._tasks[key]

    def note(self, task: Task, share: float, message: str) -> bool:
        """See `Report.progress`; who is connected is looked at here, so that it needs no thread of its own."""
        with self.changed:
            now = self.clock()
            if not task.ended:
                task.share = 0.0 if math.isnan(share) else min(max(share, 0.0), 1.0)
                task.message, task.reported = message, now
                task.at_zero = now if task.share == 0.0 else task.at_zero
            if now - self._looked >= _BETWEEN_LOOKS:
                self._looked = now
                self._look(now)
            task.heeded = task.stopping
            return not task.stopping

    def publish(self, task: Task[T], partial: T) -> None:
        """See `Report.publish`."""
        with self.changed:
            if not task.ended:
                task.partial = partial
                task.published += 1

    def _line(self, device: str, lane: Lane) -> list[Task]:
        is_new = (device, lane) not in self._lines
        line = self._lines[device, lane]
        if is_new:
            # The thread lives on, with what libraries keep per thread; as a daemon it never holds up the end.
            threading.Thread(target=self._serve, args=(line,), name=f"{lane} work on {device}", daemon=True).start()
        return line

    def _join_or_begin(
        self, key: str, title: str, work: Callable[[Report[T]], T], line: list[Task], session: str
    ) -> Task[T]:
        task = self._tasks.get(key)
        if task is None or (task.state is not State.DONE and (task.ended or task.stopping)):
            task = Task(key, title, work, line, self.clock())
            self._tasks.pop(key, None)
            self._tasks[key] = task
            line.append(task)
            self.changed.notify_all()
        self._join(task, session)
        return task

    def _join(self, task: Task, session: str) -> None:
        task.sessions.add(session)
        task.left.pop(session, None)
        task.alone_since = None

    def _serve(self, line: list[Task]) -> None:
        while self._wait_for_work(line):
            self._run_first(line)

    def _wait_for_work(self, line: list[Task]) -> bool:
        with self.changed:
            self.changed.wait_for(lambda: line or self._closed)
            return bool(line)

    def _run_first(self, line: list[Task]) -> None:
        with self.changed:
            task = line[0]
            task.state = State.RUNNING
            task.began = task.reported = task.at_zero = self.clock()
        result, size, problem = None, 0, None
        try:
            result = task.work(Report(self, task)) if task.work else None
            size = self._size(result)
        except BaseException as error:
            problem = error
        if problem is not None and not isinstance(problem, StoppedError):
            sentence = self._explain(problem)
            _free(problem)
            with self.changed:
                task.error, task.sentence = problem, sentence
                self._end(task, State.FAILED)
            return
        with self.changed:
            if result is not None:
                task.partial, task.size = result, size
                task.published += 1
            self._end(task, State.STOPPED if problem or task.heeded else State.DONE)

    def _end(self, task: Task, state: State) -> None:
        task.took = task.seconds(self.clock())
        task.state = state
        task.line.remove(task)
        task.left.clear()
        if state is State.DONE:
            # What the work was made from may be large, and nobody will start it again.
            task.work = None
        self.changed.notify_all()
        ended = [found for found in self._tasks.values() if found.ended and found is not task]
        while ended and (
            len(ended) >= self._most_ended or task.size + sum(found.size for found in ended) > self._most_bytes
        ):
            del self._tasks[ended.pop(0).key]

    def _stop(self, task: Task) -> None:
        task.stopping = True
        if task.state is State.WAITING:
            self._end(task, State.STOPPED)

    def _look(self, now: float) -> None:
        for task in [task for line in self._lines.values() for task in line if not task.stopping]:
            if any(self._connected(session) for session in task.sessions - task.left.keys()):
                task.alone_since = None
            elif task.alone_since is None:
                task.alone_since = now
            elif now - task.alone_since >= _GRACE:
                task.abandoned = True
                self._stop(task)


def _free(error: BaseException | None) -> None:
    """Let go of what the work held when it failed: out of memory, that is everything."""
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__
