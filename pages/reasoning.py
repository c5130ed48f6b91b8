"""Reasoning: what an edit of the attention does to the answers, and whether that is more than luck."""

import streamlit as st

from pages.decompose_parts.rank_panel import rank_panel
from pages.reasoning_parts.details import details
from pages.reasoning_parts.headline import headline
from pages.reasoning_parts.panel import own_questions, panel
from pages.reasoning_parts.pictures import curves_picture, deltas_picture
from pages.shared import jobs, state
from pages.shared.analysis import analyse, analysis_key, in_order, wanted_ranks
from pages.shared.frame import guarded, open_page, show_notices
from pages.shared.reasoning import Plan, Reasoning, make_plan, run
from pages.shared.scene import Scene
from pages.shared.toolbar import begin_screen
from tensorllm_core.errors import ExplorerError
from tensorllm_core.models.bundled import BUNDLED
from tensorllm_core.models.checkpoint import Checkpoint

HELP = """
**Does it still know?** The model answers the same questions as it is and with its attention compressed; so do controls
that keep less: the attention removed, and random directions of the same ranks.

- **Layers and ranks** come with you from *Decompose*; *Edit* changes them here.
- **Validation** is for choosing ranks, **test** for reporting them: ranks chosen on a question look good on it.
- Questions come in a fixed random order, so a run that you stop is a fair sample. **Copy link** restores all.
- **Rank scan** (below) tries many ratios on validation questions; click a point to take its ranks.
- **Own questions**: JSON Lines or CSV with `question`, `answer` and, if you like, `choices`.
"""

_LAST = "last reasoning"


@st.fragment
@guarded
def screen() -> None:
    """Settings on the left, answers on the right."""
    scene, checkpoint = begin_screen(HELP)
    notices = st.container()
    analysis = jobs.result_of(
        f"analyse {analysis_key(scene, checkpoint)}",
        "Decomposing at all ranks",
        lambda progress: analyse(scene, checkpoint, progress),
    )
    if analysis is None:
        st.skeleton(height=480)
        return
    ranks = wanted_ranks(scene, analysis)
    scene = in_order(scene, analysis)
    state.settle(scene)
    state.write_url(scene)
    left, right = st.columns([6, 20] if scene.present else [5, 21], gap="medium")
    with left, st.container(key="reasoning-panel"):
        with st.popover(f"Edit: ranks {ranks}", icon=":material/tune:", width="stretch", key="edit popover"):
            rank_panel(scene, analysis, ranks)
        panel(scene, checkpoint)
        plan, problem = _plan(scene, checkpoint)
        job = _job(plan, checkpoint)
    with right:
        if problem:
            st.error(problem, icon=":material/error:")
        elif job is not None:
            jobs.show_live(job, _draw if job.ended else _draw_live)
        else:
            st.info("Press **Ask the questions** to see what the edit does to the answers.", icon=":material/quiz:")
    with notices:
        show_notices()


def _plan(scene: Scene, checkpoint: Checkpoint) -> tuple[Plan | None, str]:
    try:
        return make_plan(scene, checkpoint, own_questions(scene)), ""
    except ExplorerError as error:
        return None, str(error)


def _job(plan: Plan | None, checkpoint: Checkpoint) -> jobs.Job | None:
    """The run to show: of this setting, else the last one; started by the button, or at once for a first look."""
    if plan is None:
        return None
    found = jobs.job_of(plan.key)
    asked = st.button(
        "Ask the questions" if found is None else "Ask again",
        type="primary" if found is None else "secondary",
        icon=":material/play_arrow:",
        width="stretch",
        key="ask",
        disabled=found is not None and not found.ended,
        help="Put the questions to the original, the compressed model and the controls",
    )
    first_look = found is None and state.kept(_LAST) is None and plan.scene.model in BUNDLED
    if asked or first_look:
        jobs.forget(plan.key)
        found = jobs.start(plan.key, "Asking", lambda report: run(plan, checkpoint, report))
    if found is not None:
        state.keep(_LAST, plan.key)
        return found
    last = jobs.job_of(state.kept(_LAST) or "")
    if last is not None:
        st.caption(":orange[Shown: the last run. Its settings differ from those above.]")
    return last


def _draw(result: Reasoning) -> None:
    _draw_live(result)
    details(state.current_scene(), result)


def _draw_live(result: Reasoning) -> None:
    """What moves while it is asked; more would only take the questions' time."""
    headline(result)
    left, right = st.columns([1, 1], gap="small")
    with left:
        curves_picture(result)
    with right:
        deltas_picture(result)


open_page("reasoning")
screen()
