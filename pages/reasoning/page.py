"""Reasoning: how an edit of the attention changes the answers, and whether the change is more than luck."""

import streamlit as st

from pages.controls.ask_button import ButtonWords, ask_button, show_run
from pages.controls.own_questions import invite_questions, own_questions
from pages.controls.rank_panel import rank_panel
from pages.frame.frame import guarded, panel_columns
from pages.frame.layer_screen import show_layer_screen
from pages.reasoning.figures import curves_picture, deltas_picture
from pages.reasoning.headline import headline
from pages.reasoning.panel import panel
from pages.reasoning.tabs import details
from pages.session import state
from pages.session.plans import chosen_benchmarks, edit_plan
from pages.work.caches import measured_store, resources
from pages.work.layer_job import ShownLayer, begin_whole_layer
from pages.work.report import Report
from tensorllm_core.models.checkpoint import Checkpoint
from tensorllm_core.runs.edit_run import EditResult, run_edit
from tensorllm_core.runs.plan import EditPlan
from tensorllm_core.runs.record import record

HELP = """
**Does the model still know the answers?** It answers the same questions twice: as it is, and with compressed attention
(the *edit*). Controls answer them, too: the attention removed, and random directions of the same ranks.

- **Ranks** are the same here as on *Decompose*. The button *Edit* changes them.
- Choose ranks on **validation** questions and report results on **test** questions: ranks look better than they are on
  the questions that chose them.
- The questions have a fixed random order. If you stop a run, you have a random sample of each benchmark that it began.
- **Rank scan** (below) tries many compression ratios on validation questions. Choose a point to use its ranks.
- **Own questions**: a JSON Lines or CSV file with `question`, `answer` and, optionally, `choices`.
"""

_BUTTON = ButtonWords(
    key="ask",
    page="reasoning",
    first="Ask the questions",
    again="Ask again",
    title="Asking the questions",
    icon=":material/play_arrow:",
    help="Asks the original model, the compressed model and the controls",
    invitation="to see what the edit does to the answers.",
)


@st.fragment
@guarded
def screen() -> None:
    """Everything in one fragment: a new setting redraws the screen, not the frame around it."""
    show_layer_screen(HELP, _draw, lambda: st.skeleton(height=480), begin_whole_layer)


def _draw(layer: ShownLayer, checkpoint: Checkpoint) -> None:
    """Settings on the left, answers on the right."""
    left, right = panel_columns(layer.scene)
    with left, st.container(key="reasoning-panel"):
        ranks = layer.decision.ranks
        with st.popover(f"Edit: ranks {ranks}", icon=":material/tune:", width="stretch", key="edit popover"):
            rank_panel(layer)
        panel(layer.scene, checkpoint)
        # The panel drops benchmarks of a link that do not exist.
        scene = state.current_scene()
        if not chosen_benchmarks(scene):
            with right:
                invite_questions()
            return
        asked = ask_button(
            scene,
            checkpoint,
            _BUTTON,
            lambda: edit_plan(scene, checkpoint, layer.decision, own_questions(scene)),
            lambda plan, report: _run(plan, checkpoint, report),
        )
    with right:
        show_run(asked, _BUTTON, _draw_result, _draw_live)


def _run(plan: EditPlan, checkpoint: Checkpoint, report: Report[EditResult]) -> EditResult:
    """In the background: ask the questions, and record the result if the run is complete."""
    result = run_edit(plan, checkpoint, resources(), report.progress, report.publish)
    record(result, measured_store())
    return result


def _draw_result(result: EditResult) -> None:
    _draw_live(result)
    details(state.current_scene(), result)


def _draw_live(result: EditResult) -> None:
    """The part that is drawn anew during a run. Drawing more would slow down the questions."""
    headline(result)
    left, right = st.columns([1, 1], gap="small")
    with left:
        curves_picture(result)
    with right:
        deltas_picture(result)


screen()
