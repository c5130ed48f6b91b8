"""The latest result of short work, on the page while the rest of it is still being done."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from pages.work import jobs
from pages.work.jobs import Report
from pages.work.task import Lane, State

__all__ = ["latest_of"]

T = TypeVar("T")


def latest_of(
    key: str, title: str, work: Callable[[Report[T]], T], words: Callable[[T], str], device: str = "auto"
) -> T | None:
    """As `jobs.result_of`, but already the latest result that the work has published, while it runs and after a stop.

    The progress then floats at the foot of the window, so that nothing moves when it goes, under `words` on what is
    shown until then. The page is drawn again once, with the whole result.
    """
    job = jobs.job_of(key) or jobs.start(key, title, work, device, Lane.QUICK)
    snapshot = job.wait_for_any(jobs.PATIENCE)
    if snapshot.state is State.DONE or snapshot.error is not None:
        return jobs.taken(job, snapshot)
    with st.container(key="floating-progress" if snapshot.partial is not None else None):
        if snapshot.partial is not None:
            st.caption(words(snapshot.partial))
        if snapshot.ended:
            jobs.offer_restart(job, snapshot)
        else:
            jobs.show_progress(job, live=snapshot.partial is None)
    return snapshot.partial
