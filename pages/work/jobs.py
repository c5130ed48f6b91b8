"""Work that takes longer than a moment: it runs in the background, with progress, live results and a stop button.

The work itself makes no `st.*` call. Every screen finds a job again under its key, also after a reload. Sessions that
ask for the same key share one computation. It ends when each of them has stopped it or closed its browser tab, and
when those that only looked at it have looked away.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.work.caches import job_board
from pages.work.job_words import status_text
from pages.work.plain_text import inert
from pages.work.queue import Board
from pages.work.report import Report
from pages.work.task import Lane, Snapshot, State, Task
from tensorllm_core.models.devices import resolve_device
from tensorllm_core.types import Progress

__all__ = [
    "PATIENCE",
    "Job",
    "Lane",
    "Report",
    "Snapshot",
    "State",
    "current_session",
    "forget",
    "give",
    "job_of",
    "offer_restart",
    "result_of",
    "show_live",
    "show_progress",
    "start",
    "taken",
]

T = TypeVar("T")

PATIENCE = 0.4
"""Seconds to wait before a progress bar is shown, so that it does not flash up for quick work."""
_BETWEEN_LIVE_RESULTS = 2.5
"""Least seconds between two drawings of the screen for new partial results."""
_BETWEEN_LOOKS = 1.0
"""Seconds between two looks at a running job."""
_BETWEEN_FIRST_LOOKS = 0.3
"""The same while there is no result at all to look at."""


@dataclass(frozen=True)
class Job(Generic[T]):
    """A task as one browser session sees it: stopped once this session has stopped it, though others may go on."""

    board: Board
    task: Task[T]
    session: str

    @property
    def key(self) -> str:
        """The same key means the same work."""
        return self.task.key

    @property
    def title(self) -> str:
        """The name of the work on the progress bar."""
        return self.task.title

    @property
    def snapshot(self) -> Snapshot[T]:
        """The state at this moment. Use one snapshot for a whole drawing, so that its parts agree."""
        with self.board.changed:
            self.board.look(self.task, self.session)
            return self.task.snapshot(self.session, self.board.clock())

    def stop(self) -> None:
        """Stop it for this session."""
        self.board.leave(self.task, self.session)

    def stop_ahead(self) -> None:
        """Stop, for this session, the work that it waits for."""
        with self.board.changed:
            if self.task.position > 0:
                self.board.leave(self.task.queue[0], self.session)

    def restart(self) -> None:
        """Make a new attempt after a stop or a failure; `job_of` finds it."""
        self.board.restart(self.task, self.session)

    def wait(self, seconds: float) -> Snapshot[T]:
        """Wait until it has ended, or at most this many seconds. Returns the state at that moment."""
        return self._wait_until(lambda snapshot: snapshot.ended, seconds)

    def wait_for_any(self, seconds: float) -> Snapshot[T]:
        """Wait until it has ended or published a first result, or at most this many seconds."""
        return self._wait_until(lambda snapshot: snapshot.ended or snapshot.partial is not None, seconds)

    def _wait_until(self, holds: Callable[[Snapshot[T]], bool], seconds: float) -> Snapshot[T]:
        with self.board.changed:
            self.board.changed.wait_for(lambda: holds(self.snapshot), max(0.0, seconds))
            return self.snapshot


def start(key: str, title: str, work: Callable[[Report[T]], T], device: str = "auto", lane: Lane = Lane.LONG) -> Job[T]:
    """Begin the work, or join the job of this key if it runs or is done. The same key means the same work.

    The work calls `report.progress` often. Once that returns False, the work returns its result so far or raises
    StoppedError.

    Raises:
        RequestError: this machine has no such device.
    """
    session, device_name = current_session(), str(resolve_device(device))
    return Job(job_board(), job_board().start(key, title, work, session, device_name, lane), session)


def give(key: str, title: str, result: T, device: str = "auto") -> Job[T]:
    """A job that is done, whose result was made ahead and is kept elsewhere.

    Raises:
        RequestError: this machine has no such device.
    """
    session = current_session()
    return Job(job_board(), job_board().give(key, title, result, session, str(resolve_device(device))), session)


def job_of(key: str) -> Job | None:
    """The job of this key: of this browser tab, of this tab before a reload, or of another visitor."""
    session = current_session()
    task = job_board().find(key, session)
    return None if task is None else Job(job_board(), task, session)


def forget(key: str) -> None:
    """Stop the job and drop its result, so that the next `start` begins anew. Other visitors who want it keep it."""
    job_board().forget(key, current_session())


def result_of(key: str, title: str, work: Callable[[Progress], T]) -> T | None:
    """The result of short work. None while it runs (a progress bar is drawn) and after a stop (a button to restart).

    The same key always means the same work. The work caches its own result: every run of the page calls it again.
    After a stop the work may return its result so far or raise StoppedError. Its other errors are raised here, in the
    page.
    """
    job = job_of(key) or start(key, title, lambda report: work(report.progress), lane=Lane.QUICK)
    snapshot = job.wait(PATIENCE)
    if not snapshot.ended:
        show_progress(job)
        return None
    if snapshot.state is State.STOPPED and snapshot.result is None:
        offer_restart(job, snapshot)
        return None
    return taken(job, snapshot)


def taken(job: Job[T], snapshot: Snapshot[T]) -> T | None:
    """The result of a job that has ended; the job is forgotten, since the work has cached its result."""
    forget(job.key)
    if snapshot.error is not None:
        raise snapshot.error
    return snapshot.result


def show_live(job: Job[T], draw: Callable[[T], None]) -> Snapshot[T]:
    """Draw the progress while the job runs, the reason if it ended early, and always its latest result.

    `draw` gets the result. It is called in the page, not in a fragment, so widgets in it work as anywhere else.
    Returns the state of the job that was drawn.
    """
    snapshot = job.wait(PATIENCE - (job.board.clock() - job.task.asked_at))
    if not snapshot.ended:
        show_progress(job, live=True)
    elif snapshot.state is State.FAILED:
        st.error(inert(snapshot.sentence), icon=":material/error:")
        offer_restart(job, snapshot)
    elif snapshot.state is State.STOPPED:
        offer_restart(job, snapshot)
    if snapshot.partial is not None:
        draw(snapshot.partial)
    return snapshot


def show_progress(job: Job, live: bool = False) -> None:
    """A progress bar with a stop button. The page runs again when the job ends, and if `live` for each new result."""
    # A container that holds nothing else: when a fragment runs again, Streamlit drops what it has not sent yet, and
    # the browser cannot place elements that come after this gap.
    with st.container():
        snapshot = job.snapshot
        is_first = live and snapshot.partial is None
        follow = st.fragment(_follow, run_every=_BETWEEN_FIRST_LOOKS if is_first else _BETWEEN_LOOKS)
        not_before = job.board.clock() + (0 if is_first else _BETWEEN_LIVE_RESULTS)
        follow(job, snapshot.published if live else None, not_before)


def _follow(job: Job, published: int | None, not_before: float) -> None:
    snapshot = job.snapshot
    is_new = published is not None and snapshot.published != published
    if snapshot.ended or (is_new and job.board.clock() >= not_before):
        st.rerun(scope="app")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(snapshot.share, inert(status_text(job.title, snapshot)))
        if snapshot.ahead is not None and snapshot.ahead.yours and not snapshot.ahead.stopping:
            st.button(
                "Stop that one",
                icon=":material/stop_circle:",
                key=f"stop ahead of {job.key}",
                on_click=job.stop_ahead,
                help="Stops the work that you asked for before, so that this begins",
            )
        st.button(
            "Stop", icon=":material/stop_circle:", key=f"stop {job.key}", on_click=job.stop, disabled=snapshot.stopping
        )


def offer_restart(job: Job, snapshot: Snapshot) -> None:
    """Say that the job was stopped, if it was, beside a button that begins it again."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if snapshot.state is State.STOPPED:
            share = f" at {snapshot.share:.0%}" if snapshot.share else ""
            st.info(f"{job.title}: stopped{share}.", icon=":material/stop_circle:")
        st.button("Start again", icon=":material/replay:", key=f"again {job.key}", on_click=job.restart)


def current_session() -> str:
    """The browser tab for which the page is drawn."""
    context = get_script_run_ctx(suppress_warning=True)
    return context.session_id if context else ""
