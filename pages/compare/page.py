"""Compare: methods side by side, each saving as much as the others, on the same questions."""

import streamlit as st

from pages.compare.error_figure import errors_picture
from pages.compare.figures import curves_picture, deltas_picture
from pages.compare.headline import headline
from pages.compare.panel import panel
from pages.compare.ranking import problems, standings
from pages.compare.tabs import details
from pages.controls.ask_button import ButtonWords, ask_button, show_run
from pages.controls.questions_panel import own_questions
from pages.frame.frame import guarded, open_page, panel_columns, show_notices
from pages.frame.toolbar import begin_screen
from pages.session import state
from pages.session.plans import comparison_plan
from pages.work.caches import resources
from tensorllm_core.runs.comparison_run import Comparison, run_comparison

HELP = """
**Which way of compressing is best, at the same size?** Every method must save as many entries of each layer as its
attention saves at the **budget**, whatever it replaces; within that it chooses its own ranks, those of the least error.
Then all answer the same questions.

- **Budget**: the one in focus, as a ratio or as entries; **Curves at** names the others that are asked.
- **Random subspace** is a control: what does no better than it owes nothing to the directions it chose.
- **Pin** keeps a result in grey while you change model, layers, methods or questions.
- **Any two methods** (below) tests one against another; **Download** has all numbers and the command line.
- Methods are compared in the layout `paper`. **Copy link** restores all.
"""

_BUTTON = ButtonWords(
    key="compare",
    first="Compare",
    again="Compare again",
    title="Comparing",
    icon=":material/balance:",
    help="Find every method's best ranks at every budget, and put the same questions to all of them",
    invitation="to hold these methods to one budget.",
)


@st.fragment
@guarded
def screen() -> None:
    """Settings on the left, what came of them on the right."""
    scene, checkpoint = begin_screen(HELP)
    notices = st.container()
    left, right = panel_columns(scene)
    with left, st.container(key="compare-panel"):
        panel(scene, checkpoint)
        # Without the benchmarks of a link that do not exist.
        scene = state.current_scene()
        job, problem = ask_button(
            scene,
            checkpoint,
            _BUTTON,
            lambda: comparison_plan(scene, checkpoint, own_questions(scene)),
            lambda plan, report: run_comparison(plan, checkpoint, resources(), report.progress, report.publish),
        )
    with right:
        show_run(job, problem, _BUTTON, _draw, _draw_live, _outline)
    with notices:
        show_notices()


def _draw(found: Comparison) -> None:
    _draw_live(found)
    if found.is_answered:
        details(state.current_scene(), found)


def _draw_live(found: Comparison) -> None:
    """What moves while it is asked; more would only take the questions' time."""
    scene = state.current_scene()
    ratio = found.plan.nearest(scene.compare.budget)
    if not found.is_answered:
        st.caption("No answers yet: what the weights lose, method by method.")
        errors_picture(scene, found, ratio)
        return
    standing = standings(found, ratio)
    headline(found, ratio, standing)
    left, right = st.columns([1, 1], gap="small")
    with left:
        curves_picture(found, ratio, standing)
    with right:
        deltas_picture(found, ratio, standing)
    for sentence in problems(found):
        st.caption(f":orange[{sentence}]")


def _outline() -> None:
    """The shape of the screen, while its numbers are on their way."""
    st.skeleton(height=110)
    for column in st.columns(2, gap="small"):
        column.skeleton(height=270)


open_page("compare")
screen()
