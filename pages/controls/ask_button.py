"""The button of a screen that asks a model, and which run stands beside it: that of the setting, else the last one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import streamlit as st

from pages.frame.device_popover import has_room
from pages.session import state
from pages.session.scene import Scene
from pages.work import jobs
from tensorllm_core.errors import ExplorerError
from tensorllm_core.models.bundled_models import BUNDLED
from tensorllm_core.models.checkpoint import Checkpoint

__all__ = ["Offer", "asked", "show_asked"]


class Planned(Protocol):
    """What a run does, as values alone."""

    @property
    def key(self) -> str:
        """The same key means the same answers."""


P = TypeVar("P", bound=Planned)


@dataclass(frozen=True)
class Offer:
    """The words of the button; `key` names it, `title` the progress, `invitation` stands where there is no run yet."""

    key: str
    first: str
    again: str
    title: str
    icon: str
    help: str
    invitation: str


def asked(
    scene: Scene,
    checkpoint: Checkpoint,
    offer: Offer,
    make: Callable[[], P],
    run: Callable[[P, jobs.Report], Any],
) -> tuple[jobs.Job | None, str]:
    """The run to show, if there is one, and why the setting cannot be asked, if it cannot.

    A bundled model is asked at once on the first visit, so that there is something to see.
    """
    last_key = f"last {offer.key}"
    try:
        plan = make()
    except ExplorerError as error:
        return None, str(error)

    def begin() -> None:
        jobs.forget(plan.key)
        jobs.start(plan.key, offer.title, lambda report: run(plan, report), scene.device)

    found = jobs.job_of(plan.key)
    room = found is not None or has_room(scene, checkpoint)
    if found is None and state.kept(last_key) is None and scene.model in BUNDLED:
        begin()
        found = jobs.job_of(plan.key)
    st.button(
        offer.first if found is None else offer.again,
        type="primary" if found is None else "secondary",
        icon=offer.icon,
        width="stretch",
        key=offer.key,
        on_click=begin,
        disabled=not room or (found is not None and not found.ended),
        help=offer.help,
    )
    if found is not None:
        state.keep(last_key, plan.key)
        return found, ""
    last = jobs.job_of(state.kept(last_key) or "")
    if last is not None:
        st.caption(":orange[Shown: the last run. Its settings differ from those above.]")
    return last, ""


def show_asked(
    job: jobs.Job | None,
    problem: str,
    offer: Offer,
    draw: Callable[[Any], None],
    draw_live: Callable[[Any], None],
    outline: Callable[[], None] | None = None,
) -> None:
    """What came of it: the whole once it has ended, what moves and the outline until then."""
    if problem:
        st.error(problem, icon=":material/error:")
    elif job is None:
        st.info(f"Press **{offer.first}** {offer.invitation}", icon=offer.icon)
    else:
        running = not job.ended
        jobs.show_live(job, draw_live if running else draw)
        if outline and job.partial is None and not job.ended:
            outline()
        if running and job.ended:
            # It took no longer than this run of the page: the button still says that it goes on.
            st.rerun()
