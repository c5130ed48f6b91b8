"""Work that takes longer than a blink: in the background, with progress, live results and a stop button.

No `st.*` call runs in the worker. A job is found again under its key from every screen and after a reload;
sessions that ask for the same key share one computation, which ends when all of them have stopped it or gone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.work.caches import job_board
from pages.work.queue import Board, Report
from pages.work.task import Lane, Snapshot, State, Task
from tensorllm_core.models.devices import resolve_device
from tensorllm_core.types import Progress

__all__ = [
    "Job",
    "Lane",
    "Report",
    "Snapshot",
    "State",
    "forget",
    "job_of",
    "result_of",
    "show_live",
    "show_progress",
    "start",
]

T = TypeVar("T")

_PATIENCE = 0.4
"""Seconds to wait before a progress bar is shown: quick work never flickers."""
_BETWEEN_LIVE_RESULTS = 2.5
"""Seconds between two drawings of the screen for the sake of a new partial result."""


@dataclass(frozen=True)
class Job(Generic[T]):
    """A task as one browser session sees it: for whoever has stopped it, it is stopped, though others may go on."""

    board: Board
    task: Task[T]
    session: str

    @property
    def key(self) -> str:
        """The same key means the same work."""
        return self.task.key

    @property
    def title(self) -> str:
        """What is being done, for the progress bar."""
        return self.task.title

    @property
    def now(self) -> Snapshot[T]:
        """Where it stands at this moment; take one for each drawing, so that its parts agree."""
        with self.board.changed:
            return self.task.seen_by(self.session, self.board.clock())

    def stop(self) -> None:
        """This session wants no more of it."""
        self.board.leave(self.task, self.session)

    def again(self) -> None:
        """Make a new attempt at what was stopped or failed; `job_of` finds it."""
        self.board.again(self.task, self.session)

    def wait(self, seconds: float) -> Snapshot[T]:
        """Wait until it has ended, at most so long; returns where it stands then."""
        with self.board.changed:
            self.board.changed.wait_for(lambda: self.now.ended, max(0.0, seconds))
            return self.now


def start(key: str, title: str, work: Callable[[Report[T]], T], device: str = "auto", lane: Lane = Lane.LONG) -> Job[T]:
    """Begin the work, or join it where it is going on or done under this key; the same key means the same work.

    The work calls `report.progress` often and returns what it has, or raises StoppedError, once that says False.

    Raises:
        RequestError: this machine has no such device.
    """
    session, line = _session(), str(resolve_device(device))
    return Job(job_board(), job_board().start(key, title, work, session, line, lane), session)


def job_of(key: str) -> Job | None:
    """The job under this key: of this tab, of this tab before it was reloaded, or of somebody else."""
    session = _session()
    task = job_board().find(key, session)
    return None if task is None else Job(job_board(), task, session)


def forget(key: str) -> None:
    """Stop the job and drop its result, so that the next `start` begins anew; others who want it keep it."""
    job_board().forget(key, _session())


def result_of(key: str, title: str, work: Callable[[Progress], T]) -> T | None:
    """The result of short work; None while it runs (a progress bar is drawn) or once stopped (an offer to go on).

    The same key always means the same work, which remembers its own result: it is asked for anew in every run.
    Work that is stopped may return what it has so far, or raise StoppedError; its other errors are raised here,
    in the page.
    """
    job = job_of(key) or start(key, title, lambda report: work(report.progress), lane=Lane.QUICK)
    seen = job.wait(_PATIENCE)
    if not seen.ended:
        show_progress(job)
        return None
    if seen.state is State.STOPPED and seen.result is None:
        _offer_restart(job, seen)
        return None
    forget(key)
    if seen.error is not None:
        raise seen.error
    return seen.result


def show_live(job: Job[T], draw: Callable[[T], None]) -> Snapshot[T]:
    """Progress while it lasts, why it ended early if it did, and always the latest result, drawn anew when it changes.

    `draw` is called in the page, not in a fragment: what is clicked in it answers as anywhere else. Returns where the
    job stood when it was drawn.
    """
    seen = job.wait(_PATIENCE - (job.board.clock() - job.task.asked))
    if not seen.ended:
        show_progress(job, live=True)
    elif seen.state is State.FAILED:
        st.error(seen.sentence, icon=":material/error:")
        _offer_restart(job, seen)
    elif seen.state is State.STOPPED:
        _offer_restart(job, seen)
    if seen.partial is not None:
        draw(seen.partial)
    return seen


def show_progress(job: Job, live: bool = False) -> None:
    """A progress bar with a stop button; the page runs again when the job ends, if `live` also for each new result."""
    # A container that holds nothing else: Streamlit drops what a fragment has not sent yet when it runs again, and the
    # browser cannot place what comes after a gap.
    with st.container():
        _follow(job, job.now.published if live else None, job.board.clock())


@st.fragment(run_every=1.0)
def _follow(job: Job, published: int | None, drawn: float) -> None:
    seen = job.now
    is_new = published is not None and seen.published != published
    if seen.ended or (is_new and job.board.clock() - drawn >= _BETWEEN_LIVE_RESULTS):
        st.rerun(scope="app")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(seen.share, _status(job.title, seen))
        st.button(
            "Stop", icon=":material/stop_circle:", key=f"stop {job.key}", on_click=job.stop, disabled=seen.stopping
        )


def _status(title: str, seen: Snapshot) -> str:
    if seen.stopping:
        return f"{title}: stopping"
    if seen.state is State.WAITING:
        return f"{title}: waiting, {seen.position} before it"
    left = seen.seconds_left
    words = [seen.message, _span(seen.seconds), "" if left is None else f"about {_span(left)} left"]
    return f"{title}: {', '.join(word for word in words if word)}"


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _offer_restart(job: Job, seen: Snapshot) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if seen.state is State.STOPPED:
            share = f" at {seen.share:.0%}" if seen.share else ""
            st.info(f"{job.title}: stopped{share}.", icon=":material/stop_circle:")
        st.button("Start again", icon=":material/replay:", key=f"again {job.key}", on_click=job.again)


def _session() -> str:
    context = get_script_run_ctx(suppress_warning=True)
    return context.session_id if context else ""
