"""Reasoning: what an edit of the attention does to the answers, and whether that is more than luck."""

import streamlit as st

from pages.controls.ask_button import ButtonWords, ask_button, show_run
from pages.controls.questions_panel import own_questions
from pages.controls.rank_panel import rank_panel
from pages.frame.frame import guarded, open_page, panel_columns, show_notices
from pages.frame.toolbar import begin_screen
from pages.reasoning.figures import curves_picture, deltas_picture
from pages.reasoning.headline import headline
from pages.reasoning.panel import panel
from pages.reasoning.tabs import details
from pages.session import state
from pages.session.plans import edit_plan
from pages.work.caches import measured_store, resources
from pages.work.layer_job import begin_layer
from pages.work.queue import Report
from tensorllm_core.models.checkpoint import Checkpoint
from tensorllm_core.runs.edit_run import EditResult, run_edit
from tensorllm_core.runs.plan import EditPlan
from tensorllm_core.runs.record import record

HELP = """
**Does it still know?** The model answers the same questions as it is and with its attention compressed; so do controls
that keep less: the attention removed, and random directions of the same ranks.

- **Layers and ranks** come with you from *Decompose*; *Edit* changes them here.
- **Validation** is for choosing ranks, **test** for reporting them: ranks chosen on a question look good on it.
- Questions come in a fixed random order, so a run that you stop is a fair sample. **Copy link** restores all.
- **Rank scan** (below) tries many ratios on validation questions; click a point to take its ranks.
- **Own questions**: JSON Lines or CSV with `question`, `answer` and, if you like, `choices`.
"""

_BUTTON = ButtonWords(
    key="ask",
    first="Ask the questions",
    again="Ask again",
    title="Asking",
    icon=":material/play_arrow:",
    help="Put the questions to the original, the compressed model and the controls",
    invitation="to see what the edit does to the answers.",
)


@st.fragment
@guarded
def screen() -> None:
    """Settings on the left, answers on the right."""
    scene, checkpoint = begin_screen(HELP)
    notices = st.container()
    layer = begin_layer(scene, checkpoint)
    if layer is None:
        st.skeleton(height=480)
        return
    left, right = panel_columns(scene)
    with left, st.container(key="reasoning-panel"):
        ranks = layer.decision.ranks
        with st.popover(f"Edit: ranks {ranks}", icon=":material/tune:", width="stretch", key="edit popover"):
            rank_panel(layer)
        panel(layer.scene, checkpoint)
        # Without the benchmarks of a link that do not exist.
        asking = state.current_scene()
        job, problem = ask_button(
            asking,
            checkpoint,
            _BUTTON,
            lambda: edit_plan(asking, checkpoint, layer.decision, own_questions(asking)),
            lambda plan, report: _run(plan, checkpoint, report),
        )
    with right:
        show_run(job, problem, _BUTTON, _draw, _draw_live)
    with notices:
        show_notices()


def _run(plan: EditPlan, checkpoint: Checkpoint, report: Report[EditResult]) -> EditResult:
    """In the background: ask, and record what a complete run has measured."""
    result = run_edit(plan, checkpoint, resources(), report.progress, report.publish)
    record(result, measured_store())
    return result


def _draw(result: EditResult) -> None:
    _draw_live(result)
    details(state.current_scene(), result)


def _draw_live(result: EditResult) -> None:
    """What moves while it is asked; more would only take the questions' time."""
    headline(result)
    left, right = st.columns([1, 1], gap="small")
    with left:
        curves_picture(result)
    with right:
        deltas_picture(result)


open_page("reasoning")
screen()
