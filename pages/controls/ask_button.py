"""The button that starts a run of questions, and the run to show: that of these settings, else the last one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import streamlit as st

from pages.frame.device_popover import has_room
from pages.session import state
from pages.session.scene import Scene
from pages.work import jobs
from pages.work.plain_text import inert
from tensorllm_core.errors import ExplorerError
from tensorllm_core.models.bundled_models import BUNDLED
from tensorllm_core.models.checkpoint import Checkpoint
from tensorllm_core.runs.plan import Plan

__all__ = ["ButtonWords", "ask_button", "show_run"]

P = TypeVar("P", bound=Plan)


@dataclass(frozen=True)
class ButtonWords:
    """The texts of the button.

    `key` is its key, `title` the name of the run on the progress bar, and `invitation` ends the sentence that is shown
    while there is no run.
    """

    key: str
    first: str
    again: str
    title: str
    icon: str
    help: str
    invitation: str


def ask_button(
    scene: Scene,
    checkpoint: Checkpoint,
    words: ButtonWords,
    make_plan: Callable[[], P],
    run: Callable[[P, jobs.Report], Any],
) -> tuple[jobs.Job | None, str]:
    """Draw the button. Returns the run to show, if there is one, and what is wrong with the settings, if anything is.

    On the first visit a bundled model is asked at once, so that the screen has something to show.
    """
    last_key = f"last {words.key}"
    try:
        plan = make_plan()
    except ExplorerError as error:
        return None, str(error)

    def begin() -> None:
        jobs.forget(plan.key)
        jobs.start(plan.key, words.title, lambda report: run(plan, report), scene.device)

    job = jobs.job_of(plan.key)
    room = job is not None or has_room(scene, checkpoint)
    if job is None and state.kept(last_key) is None and scene.model in BUNDLED:
        begin()
        job = jobs.job_of(plan.key)
    st.button(
        words.first if job is None else words.again,
        type="primary" if job is None else "secondary",
        icon=words.icon,
        width="stretch",
        key=words.key,
        on_click=begin,
        disabled=not room or (job is not None and not job.snapshot.ended),
        help=words.help,
    )
    if job is not None:
        state.keep(last_key, plan.key)
        return job, ""
    last = jobs.job_of(state.kept(last_key) or "")
    if last is not None:
        st.caption(":orange[Shown: the last run. Its settings differ from those above.]")
    return last, ""


def show_run(
    job: jobs.Job | None,
    problem: str,
    words: ButtonWords,
    draw: Callable[[Any], None],
    draw_live: Callable[[Any], None],
    outline: Callable[[], None] | None = None,
) -> None:
    """Show the run: with `draw` once it has ended, before that with `draw_live`, or the outline without any result."""
    if problem:
        st.error(inert(problem), icon=":material/error:")
    elif job is None:
        st.info(f"Press **{words.first}** {words.invitation}", icon=words.icon)
    else:
        running = not job.snapshot.ended
        snapshot = jobs.show_live(job, draw_live if running else draw)
        if outline and snapshot.partial is None and not snapshot.ended:
            outline()
        if running and job.snapshot.ended:
            # The run ended while the page was drawn: the button still shows it as running.
            st.rerun()
