"""Papers: what TensorLLM and LASER published, next to what was measured here, and what reproducing a cell needs."""

import streamlit as st

from pages.frame.frame import guarded, show_notices
from pages.frame.stage import is_presenting
from pages.papers.cell_panel import panel
from pages.papers.figures import picture
from pages.papers.papers_toolbar import begin_papers
from pages.papers.tables import papers_table

HELP = """
**What was published, and can you reproduce it?** The tables of TensorLLM (arXiv 2501.15674) and LASER (arXiv
2312.13558).

- :blue-badge[published] figures are those of the papers. :green-badge[measured here] figures are yours: the latest
  complete run on the test questions of a cell, with its paired interval. :orange-badge[derived] ranks are computed by
  this app from the published ratio.
- **Click a cell**, or choose a model and a benchmark in the box. The box says what reproducing the cell needs. Its
  button opens *Reasoning* with model, benchmark, layer and ranks. Nothing is downloaded until you start a run there.
- **Command line** shows the command for each cell, also for LASER, hybrids and single projections, which *Reasoning*
  does not offer.
- No layers are published for TensorLLM: the authors' program tries all layers, and keeps the best one on the validation
  questions.
- LLaMA2 needs a hub token and an accepted licence. Weights must be safetensors files: if the hub has only pickle files,
  convert them once, and open the folder.
"""


@st.fragment
@guarded
def screen() -> None:
    """The table above, its figure and the chosen cell below; presented, the figure alone."""
    scene, choice = begin_papers(HELP)
    show_notices()
    if not is_presenting():
        papers_table(scene, choice)
    left, right = st.columns([1, 1], gap="medium")
    with left:
        picture(choice)
    with right:
        panel(scene, choice)


screen()
