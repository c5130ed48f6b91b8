"""Layers: all layers of a checkpoint at one glance, beside Gaussian weights of the same shape and norm."""

import streamlit as st

from pages.frame.frame import guarded, open_page, show_notices
from pages.frame.toolbar import begin_screen
from pages.layers.figures import errors_picture, shares_picture, spectra_picture, stable_ranks_picture
from pages.layers.headline import headline, reachable_ratio
from pages.layers.survey_job import survey_job
from pages.session import state
from pages.session.scene import Scene
from pages.work import jobs
from tensorllm_core.experiments.layers import Survey

HELP = """
**Which layers have structure, and how much of it is more than chance?** Every layer is decomposed at all ranks. Beside
it stand **Gaussian weights** of the same shape and norm: what a layer shows and they do not is structure.

- **Ratio**: the error of every layer at this compression ratio, each at its own best ranks.
- **Click a layer** in a figure to choose it; then open it in *Decompose* or *Heads*.
- Layers come in one by one, and stay on disk for the next visit. **Stop** keeps what is there.
- The **info** button at each figure has the formula, the numbers as CSV and the picture format.
"""


@st.fragment
@guarded
def screen() -> None:
    """The figures as the layers come in."""
    scene, checkpoint = begin_screen(HELP)
    notices = st.container()
    job = survey_job(scene, checkpoint)
    if job is not None:
        snapshot = jobs.show_live(job, lambda survey: _draw(_settled(scene, survey, job.snapshot.ended), survey))
        if snapshot.partial is None and not snapshot.ended:
            _outline()
    with notices:
        show_notices()


def _draw(scene: Scene, found: Survey) -> None:
    if found.problems:
        layer, problem = next(iter(found.problems.items()))
        more = f" The same for {len(found.problems) - 1} more." if len(found.problems) > 1 else ""
        st.warning(f"Layer {layer} is left out. {problem}{more}", icon=":material/warning:")
    if not found.layers:
        if not found.problems:
            _outline()
        return
    headline(scene, found)
    for pictures in ((spectra_picture, errors_picture), (stable_ranks_picture, shares_picture)):
        for column, picture in zip(st.columns(2, gap="small"), pictures, strict=True):
            with column:
                picture(scene, found)


def _settled(scene: Scene, survey: Survey, is_whole: bool) -> Scene:
    """The scene at a ratio that this model has; kept, and said, once all layers are there."""
    if not survey.layers:
        return scene
    ratio, nearest = scene.layers.fixed_ratio, reachable_ratio(scene.layers.fixed_ratio, survey)
    settled = scene.with_fields(fixed_ratio=nearest)
    if is_whole:
        if not 0.5 < nearest / ratio < 2:
            state.notify([f"Expected a ratio that these layers reach, got {ratio:g}; showing the nearest."])
        state.settle(settled)
    return settled


def _outline() -> None:
    """The shape of the screen, while its numbers are on their way."""
    st.skeleton(height=60)
    for _ in range(2):
        for column in st.columns(2, gap="small"):
            column.skeleton(height=220)


open_page("layers")
screen()
