"""Layers: all layers of a model side by side, next to Gaussian weights of the same shape and norm."""

import streamlit as st

from pages.controls.figure_grid import figure_grid, outline_of_grid
from pages.frame.frame import guarded
from pages.frame.toolbar import screen_frame
from pages.layers.figures import errors_picture, shares_picture, spectra_picture, stable_ranks_picture
from pages.layers.headline import headline, layer_links, reachable_ratio
from pages.layers.live import data_key, live_errors, send_survey
from pages.layers.survey_job import survey_job
from pages.session import state
from pages.session.scene import Scene
from pages.work import jobs
from pages.work.plain_text import inert
from tensorllm_core.experiments.layers import Survey
from tensorllm_core.models.checkpoint import Checkpoint

HELP = """
**Which layers have structure, and how much of it is more than chance?** Every layer is decomposed at all ranks, and so
are random **Gaussian weights** (*noise*) of the same shape and norm. Structure is what a layer has and noise does not.

- **Smaller by**: the errors of the layers are compared at this ratio, each layer at its own best ranks. Drag the
  slider, or the line in the figure.
- **Click a layer** in a figure to choose it. Then open it in *Decompose* or *Heads*.
- The layers are read one by one, and their results are kept on disk. **Stop** keeps those that are done.
"""


@st.fragment
@guarded
def screen() -> None:
    """The figures, drawn anew as more layers are read."""
    with screen_frame(HELP) as (scene, checkpoint):
        job = survey_job(scene, checkpoint)
        if job is None:
            return
        snapshot = jobs.show_live(
            job, lambda survey: _draw(_fit_ratio(scene, survey, job.snapshot.ended), checkpoint, survey)
        )
        if snapshot.partial is None and not snapshot.ended:
            outline_of_grid()


def _draw(scene: Scene, checkpoint: Checkpoint, survey: Survey) -> None:
    if survey.problems:
        layer, problem = next(iter(survey.problems.items()))
        count = len(survey.problems)
        total = f" In all, {count} layers are left out." if count > 1 else ""
        st.warning(f"Layer {layer} is left out. {inert(problem)}{total}", icon=":material/warning:")
    if not survey.layers:
        if not survey.problems:
            outline_of_grid()
        return
    if scene.plain:
        headline(scene, survey)
        figure_grid(((spectra_picture, errors_picture), (stable_ranks_picture, shares_picture)), scene, survey)
        return
    key = data_key(scene, checkpoint, survey)
    send_survey(key, survey)
    layer_links(scene)
    rows = ((spectra_picture, lambda *_: live_errors(key, survey)), (stable_ranks_picture, shares_picture))
    figure_grid(rows, scene, survey)


def _fit_ratio(scene: Scene, survey: Survey, is_complete: bool) -> Scene:
    """The scene at the nearest ratio that ranks of this model reach; kept once all layers are read."""
    if not survey.layers:
        return scene
    ratio, nearest = scene.layers.fixed_ratio, reachable_ratio(scene.layers.fixed_ratio, survey)
    scene = scene.with_fields(fixed_ratio=nearest)
    if is_complete:
        if not 0.5 < nearest / ratio < 2:
            state.notify([f"Expected a ratio that these layers reach, got {ratio:g}; showing {nearest:g} instead."])
        state.settle(scene)
    return scene


screen()
