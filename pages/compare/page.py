"""Compare: methods side by side, each saving as much as the others, on the same questions."""

import streamlit as st

from pages.compare.lessons import method_lessons
from pages.compare.panel import panel
from pages.compare.results import draw_ended, draw_running
from pages.controls.ask_button import ButtonWords, ask_button, show_run
from pages.controls.own_questions import invite_questions, own_questions
from pages.frame.frame import guarded, panel_columns, show_notices
from pages.frame.toolbar import begin_screen
from pages.session import state
from pages.session.plans import chosen_benchmarks, comparison_plan, methods_of
from pages.work.caches import resources
from tensorllm_core.runs.comparison_run import run_comparison

HELP = """
**Which way of compressing is best, at the same size?** In each layer every method must save as many entries as the
attention saves at the **budget** (a compression ratio), whatever matrices it replaces. Within that, each method takes
its own ranks of the least error. Then all compressed models answer the same questions.

- **Budget**: the ratio, or the number of entries, that the figures show. **Curves at** has the other budgets. Among
  those that were asked, drag the slider above the figures, or the line in the curves.
- **Random subspace** is a control. A method that does no better owes nothing to the directions that it chose.
- **Pin** keeps a result in grey while you change model, layers, methods or questions.
- **Any two methods** (below) tests one against another; **Download** has all numbers and the command line.
- Methods are compared in the layout `paper`. A copied link restores all settings.
"""

_BUTTON = ButtonWords(
    key="compare",
    page="compare",
    first="Compare",
    again="Compare again",
    title="Comparing",
    icon=":material/balance:",
    help="Find the best ranks of every method at every budget, and ask all of them the same questions",
    invitation="to see what each method does at the same size.",
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
        asked = ask_button(
            scene,
            checkpoint,
            _BUTTON,
            lambda: comparison_plan(scene, checkpoint, own_questions(scene)),
            lambda plan, report: run_comparison(plan, checkpoint, resources(), report.progress, report.publish),
        )
    with right:
        if not chosen_benchmarks(scene):
            invite_questions()
        show_run(asked, _BUTTON, draw_ended, draw_running, _outline, lambda: method_lessons(methods_of(scene)))
    with notices:
        show_notices()


def _outline() -> None:
    """The shape of the screen, while its numbers are on their way."""
    st.skeleton(height=110)
    for column in st.columns(2, gap="small"):
        column.skeleton(height=270)


screen()
