"""History: the last runs on this server, what came of them, and the links that show them again."""

import streamlit as st

from pages.controls.page_links import page_link
from pages.frame.frame import guarded, show_notices
from pages.frame.toolbar import begin_plain_screen
from pages.history.run_table import run_table
from pages.session import state
from pages.session.scene import Scene
from pages.work.caches import rest_heap, run_log

HELP = """
**What has been asked here, and what came of it?** Every run of questions that has ended: evaluations (*Reasoning*),
rank scans (a tab there) and comparisons (*Compare*), also those that were stopped. The same run again takes the place
of the one before.

- **Sort** by a click on the head of a column. **Select a row** for its link, and to open it.
- **Change** is the accuracy after less the accuracy before, in points, with its 95% interval. Of a comparison it is
  that of the best method at the budget in focus, of a scan that of its best point. The best of many is partly luck.
- The latest 200 runs are kept, also when the app is started again. They stand in the cache folder of whoever started
  it (`tensorllm-explorer/runs`); remove that folder to forget them.
"""
_SHARED = (
    "All who use this server see this list: models, settings and results. Your own questions and your own prompt are "
    "not in it; a link to a run with them asks for them again."
)


@st.fragment
@guarded
def screen() -> None:
    """The table of runs, and the selected one below."""
    rest_heap("start")
    scene = state.current_scene()
    begin_plain_screen(scene, "Runs on this server", HELP)
    show_notices()
    st.caption(_SHARED)
    records = run_log().records()
    if records:
        run_table(records)
    else:
        _no_runs(scene)


def _no_runs(scene: Scene) -> None:
    """What is shown before the first run: where runs are begun."""
    st.info("No run has ended here yet. Begin one on one of these screens, then come back.", icon=":material/history:")
    with st.container(horizontal=True, gap="small"):
        page_link("reasoning", "Ask before and after an edit", "play_arrow", scene)
        page_link("compare", "Compare methods at the same size", "balance", scene)


screen()
