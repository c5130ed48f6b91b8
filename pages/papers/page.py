"""Papers: what TensorLLM and LASER published, beside what was measured here, and what it takes to reproduce a cell."""

import streamlit as st

from pages.frame.frame import guarded, open_page, show_notices
from pages.papers.cell_panel import panel
from pages.papers.figures import picture
from pages.papers.papers_toolbar import begin_papers
from pages.papers.tables import papers_table

HELP = """
**What was published, and does it hold here?** The tables of TensorLLM (arXiv 2501.15674) and LASER (arXiv 2312.13558).

- :blue-badge[published] figures are the papers'. :green-badge[measured here] ones are yours: the latest run of
  *Reasoning* on a cell's test questions, with its paired interval. :orange-badge[derived] ranks are ours.
- **Click a cell**, or choose model and benchmark in the box: it says what reproducing it needs, and its button fills in
  model, benchmark, layer and ranks in *Reasoning*. Nothing is downloaded before you ask there.
- **Command line** has the command of every cell: also of LASER, hybrids and single projections, which *Reasoning* does
  not edit with.
- The papers publish no layers for TensorLLM: their program tries all of them and keeps the best on validation.
- LLaMA2 needs the hub's token and its licence accepted. Weights must be safetensors: where the hub has pickles only,
  convert them once and give the folder.
"""


@st.fragment
@guarded
def screen() -> None:
    """The table above, its picture and the chosen cell below."""
    scene, choice = begin_papers(HELP)
    show_notices()
    papers_table(scene, choice)
    left, right = st.columns([1, 1], gap="medium")
    with left:
        picture(choice)
    with right:
        panel(scene, choice)


open_page("papers")
screen()
