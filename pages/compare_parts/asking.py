"""The button that compares, and which comparison is shown: that of the setting, else the last one."""

from __future__ import annotations

import streamlit as st

from pages.shared import jobs, state
from pages.shared.comparing import Comparison, ComparisonPlan, compare, plan_comparison
from pages.shared.compute import has_room
from pages.shared.questions_panel import own_questions
from pages.shared.scene import Scene
from tensorllm_core.errors import ExplorerError
from tensorllm_core.models.bundled import BUNDLED
from tensorllm_core.models.checkpoint import Checkpoint

__all__ = ["asked"]

_LAST = "last comparison"


def asked(scene: Scene, checkpoint: Checkpoint) -> tuple[jobs.Job[Comparison] | None, str]:
    """The comparison to show, if there is one, and why the setting cannot be compared, if it cannot.

    A bundled model is compared at once on the first visit, so that there is something to see.
    """
    try:
        plan = plan_comparison(scene, checkpoint, own_questions(scene))
    except ExplorerError as error:
        return None, str(error)
    found = jobs.job_of(plan.key)
    room = found is not None or has_room(scene, checkpoint)
    if found is None and state.kept(_LAST) is None and scene.model in BUNDLED:
        _compare(plan, checkpoint)
        found = jobs.job_of(plan.key)
    st.button(
        "Compare" if found is None else "Compare again",
        type="primary" if found is None else "secondary",
        icon=":material/balance:",
        width="stretch",
        key="compare",
        on_click=_compare,
        args=(plan, checkpoint),
        disabled=not room or (found is not None and not found.ended),
        help="Find every method's best ranks at every budget, and put the same questions to all of them",
    )
    if found is not None:
        state.keep(_LAST, plan.key)
        return found, ""
    last = jobs.job_of(state.kept(_LAST) or "")
    if last is not None:
        st.caption(":orange[Shown: the last run. Its settings differ from those above.]")
    return last, ""


def _compare(plan: ComparisonPlan, checkpoint: Checkpoint) -> None:
    jobs.forget(plan.key)
    jobs.start(plan.key, "Comparing", lambda report: compare(plan, checkpoint, report), plan.asked.scene.device)
