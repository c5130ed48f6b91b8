"""The button that asks, and which run is shown: that of the setting, else the last one."""

from __future__ import annotations

import streamlit as st

from pages.shared import jobs, state
from pages.shared.compute import has_room
from pages.shared.questions_panel import own_questions
from pages.shared.reasoning import Plan, Reasoning, make_plan, run
from pages.shared.scene import Scene
from tensorllm_core.errors import ExplorerError
from tensorllm_core.models.bundled import BUNDLED
from tensorllm_core.models.checkpoint import Checkpoint

__all__ = ["asked"]

_LAST = "last reasoning"


def asked(scene: Scene, checkpoint: Checkpoint) -> tuple[jobs.Job[Reasoning] | None, str]:
    """The run to show, if there is one, and why the setting cannot be asked, if it cannot.

    A bundled model is asked at once on the first visit, so that there is something to see.
    """
    try:
        plan = make_plan(scene, checkpoint, own_questions(scene))
    except ExplorerError as error:
        return None, str(error)
    found = jobs.job_of(plan.key)
    room = found is not None or has_room(scene, checkpoint)
    if found is None and state.kept(_LAST) is None and plan.scene.model in BUNDLED:
        _ask(plan, checkpoint)
        found = jobs.job_of(plan.key)
    st.button(
        "Ask the questions" if found is None else "Ask again",
        type="primary" if found is None else "secondary",
        icon=":material/play_arrow:",
        width="stretch",
        key="ask",
        on_click=_ask,
        args=(plan, checkpoint),
        disabled=not room or (found is not None and not found.ended),
        help="Put the questions to the original, the compressed model and the controls",
    )
    if found is not None:
        state.keep(_LAST, plan.key)
        return found, ""
    last = jobs.job_of(state.kept(_LAST) or "")
    if last is not None:
        st.caption(":orange[Shown: the last run. Its settings differ from those above.]")
    return last, ""


def _ask(plan: Plan, checkpoint: Checkpoint) -> None:
    jobs.forget(plan.key)
    jobs.start(plan.key, "Asking", lambda report: run(plan, checkpoint, report), plan.scene.device)
