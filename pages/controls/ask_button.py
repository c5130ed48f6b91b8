"""The button that starts a run of questions, and the run to show: that of these settings, else the last one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import streamlit as st

from pages.controls.time_estimate import rate_in_force
from pages.frame.device_popover import has_room
from pages.session import state
from pages.session.scene import Scene
from pages.work import jobs
from pages.work.caches import cached_questions, prepared_runs
from pages.work.logged_runs import start_run
from pages.work.plain_text import inert
from tensorllm_core.errors import ExplorerError
from tensorllm_core.experiments.needs import Rate, duration_text
from tensorllm_core.models.bundled_models import BUNDLED
from tensorllm_core.models.checkpoint import Checkpoint
from tensorllm_core.runs.plan import ComparisonPlan, EditPlan
from tensorllm_core.runs.run_size import RunSize, size_of_run

__all__ = ["ButtonWords", "Offer", "ask_button", "offer_text", "show_run"]

P = TypeVar("P", EditPlan, ComparisonPlan)

_FEW_SECONDS = 10.0
"""A run of these settings that takes longer waits for a click."""


@dataclass(frozen=True)
class ButtonWords:
    """The texts of the button.

    `key` is its key, `page` the screen by its name in the registry, `title` the name of the run on the progress bar.
    `invitation` ends the sentence that is shown while there is no run.
    """

    key: str
    page: str
    first: str
    again: str
    title: str
    icon: str
    help: str
    invitation: str


@dataclass(frozen=True)
class Offer:
    """A run that waits for a click: how large it is, at what rate, whether it has room, and what begins it."""

    size: RunSize
    rate: Rate
    has_room: bool
    begin: Callable[[], None]


@dataclass(frozen=True)
class Earlier:
    """The last run, of other settings than those that are set now; and the run that would be theirs."""

    job: jobs.Job
    offer: Offer


Asked = jobs.Job | Earlier | Offer | str
"""The run to show, also one of other settings; the run that waits for a click; or what is wrong with the settings."""


def ask_button(
    scene: Scene,
    checkpoint: Checkpoint,
    words: ButtonWords,
    make_plan: Callable[[], P],
    run: Callable[[P, jobs.Report], Any],
) -> Asked:
    """Draw the button. Returns what there is to show.

    On the first visit a bundled model is asked at once if that takes some seconds only. In a scene list that is played
    it is asked at once in any case: nobody on a stage wants to be asked.
    """
    last_key = f"last {words.key}"
    try:
        plan = make_plan()
        rate = rate_in_force(scene)
        size = size_of_run(plan, checkpoint, cached_questions, rate)
    except ExplorerError as error:
        return str(error)

    def begin() -> None:
        jobs.forget(plan.key)
        start_run(words.page, scene, plan, words.title, run, scene.device)

    job = jobs.job_of(plan.key)
    room = job is not None or has_room(scene, checkpoint)
    is_first = state.kept(last_key) is None and _is_short(size)
    if job is None and scene.model in BUNDLED and (is_first or scene.playing.show or plan.key in prepared_runs()):
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
        return job
    offer, last = Offer(size, rate, room, begin), jobs.job_of(state.kept(last_key) or "")
    return offer if last is None else Earlier(last, offer)


def show_run(
    asked: Asked,
    words: ButtonWords,
    draw: Callable[[Any], None],
    draw_live: Callable[[Any], None],
    outline: Callable[[], None] = lambda: None,
    meanwhile: Callable[[], None] = lambda: None,
) -> None:
    """Show what `ask_button` returned.

    Args:
        draw: draws the result of a run that has ended.
        draw_live: draws its latest result before that.
        outline: stands in its place while there is none.
        meanwhile: stands below a run that waits for a click.
    """
    if isinstance(asked, str):
        st.error(inert(asked), icon=":material/error:")
    elif isinstance(asked, Offer):
        with st.container(border=True, key="waiting-run"):
            st.markdown(f"{offer_text(asked.size, asked.rate)} Press **{words.first}** {words.invitation}")
            _begin_here(asked, words)
        meanwhile()
    else:
        job = asked.job if isinstance(asked, Earlier) else asked
        if isinstance(asked, Earlier):
            # Beside the numbers, not at the settings: nobody may take them for those of the settings.
            with st.container(horizontal=True, vertical_alignment="center", gap="small", key="earlier-run"):
                st.markdown(":orange[**Shown: the last run.** Its settings differ from those that are set now.]")
                _begin_here(asked.offer, words)
        running = not job.snapshot.ended
        snapshot = jobs.show_live(job, draw_live if running else draw)
        if snapshot.partial is None and not snapshot.ended:
            outline()
        if running and job.snapshot.ended:
            # The run ended while the page was drawn: the button still shows it as running.
            st.rerun()


def _begin_here(offer: Offer, words: ButtonWords) -> None:
    st.button(
        words.first,
        type="primary",
        icon=words.icon,
        key=f"{words.key} here",
        on_click=offer.begin,
        disabled=not offer.has_room,
    )


def offer_text(size: RunSize, rate: Rate) -> str:
    """What a run asks, and about how long that takes, as Markdown.

    >>> offer_text(RunSize("the original, and 3 methods", 4, 2000, 20.6), Rate(1.3e11, "float32", "2 cores"))
    '**4 models answer 2,000 questions each**: the original, and 3 methods. That takes about **21 s** on 2 cores.'
    """
    if not size.questions:
        return f"**The weights of {size.models - 1} compressed models are compared**; no question is asked."
    slow = f", and longer with {' and '.join(size.slow)}, whose decompositions are slow" if size.slow else ""
    return (
        f"**{size.models} models answer {size.questions:,} questions each**: {size.who}. That takes about "
        f"**{duration_text(size.seconds)}** on {inert(rate.machine)}{slow}."
    )


def _is_short(size: RunSize) -> bool:
    return size.seconds <= _FEW_SECONDS and not size.slow
