"""Work that takes longer than a blink: done by one background thread, with progress and a stop button.

No `st.*` call runs in the worker. A job belongs to the browser tab that started it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import streamlit as st

from pages.shared import state
from pages.shared.cache import worker
from tensorllm_core.errors import StoppedError
from tensorllm_core.types import Progress

__all__ = ["Job", "result_of"]

T = TypeVar("T")

_JOBS = "jobs"
_PATIENCE = 0.4
"""Seconds to wait before a progress bar is shown: quick work never flickers."""


@dataclass
class Job(Generic[T]):
    """One piece of background work; `progress` and `message` are written by the worker."""

    future: Future[T]
    stop: threading.Event
    progress: float = 0.0
    message: str = "waiting"
    started: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """Seconds since the job was asked for."""
        return time.monotonic() - self.started


def result_of(key: str, title: str, work: Callable[[Progress], T]) -> T | None:
    """The work's result; None while it runs (a progress bar is drawn) or once stopped (an offer to start again).

    The same key always means the same work. Work that is stopped may return what it has so far, or
    raise StoppedError; its other errors are raised here, in the page.
    """
    jobs = _jobs()
    job = jobs.get(key)
    if job is None:
        job = jobs[key] = _start(work)
    if not job.future.done():
        _wait(job)
    if not job.future.done():
        _show_progress(key, title)
        return None
    try:
        result = job.future.result()
    except StoppedError:
        _offer_restart(key, title)
        return None
    except BaseException:
        del jobs[key]
        raise
    del jobs[key]
    return result


def _jobs() -> dict[str, Job]:
    if state.kept(_JOBS) is None:
        state.keep(_JOBS, {})
    return state.kept(_JOBS)


def _start(work: Callable[[Progress], T]) -> Job[T]:
    stop = threading.Event()
    job: Job[T] = Job(Future(), stop)

    def report(share: float, message: str) -> bool:
        job.progress, job.message = share, message
        return not stop.is_set()

    def run() -> None:
        try:
            job.future.set_result(work(report))
        except BaseException as error:
            job.future.set_exception(error)

    worker().submit(run)
    return job


def _wait(job: Job) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not job.future.done() and time.monotonic() < deadline:
        time.sleep(0.005)


@st.fragment(run_every=0.4)
def _show_progress(key: str, title: str) -> None:
    job = _jobs().get(key)
    if job is None or job.future.done():
        st.rerun(scope="app")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(min(job.progress, 1.0), f"{title}: {job.message}, {job.seconds:.0f} s")
        st.button(
            "Stop",
            icon=":material/stop_circle:",
            key=f"stop {key}",
            on_click=job.stop.set,
            disabled=job.stop.is_set(),
        )


def _offer_restart(key: str, title: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.info(f"{title}: stopped.")
        st.button("Start again", icon=":material/replay:", key=f"again {key}", on_click=_forget, args=(key,))


def _forget(key: str) -> None:
    _jobs().pop(key, None)
