"""Start, the front door: what this is, in one moving picture, and three ways in."""

import streamlit as st

from pages.controls.first_scene import link_to_answers
from pages.frame import loading
from pages.frame.navigation import DECOMPOSE, PAGES, SCENE_LISTS, START
from pages.frame.tour_steps import STEPS, tour_parameters
from pages.start.picture import CAPTION, head_picture
from pages.start.texts import EXPLORE, LEARN, METHOD, SHOW, WHAT


@st.fragment
def screen() -> None:
    """The picture first: it moves before the libraries are loaded."""
    with st.container(key="front-door"):
        st.markdown(f"# {PAGES[START].answers}")
        words, picture = st.columns([5, 6], gap="large")
        with picture:
            head_picture(on_drawn=loading.load_for_screens)
            st.caption(CAPTION)
        with words:
            st.markdown(WHAT)
            with st.container(border=True, height="stretch"):
                _way("Explore", EXPLORE)
                with st.container(horizontal=True):
                    _open("Decompose a layer", DECOMPOSE)
                    link_to_answers()
        learn, show = (column.container(border=True, height="stretch") for column in st.columns([5, 6], gap="large"))
        with learn:
            _way("Learn", LEARN)
            with st.container(horizontal=True, vertical_alignment="center"):
                _open("Take the tour", STEPS[0].page, tour_parameters(1))
                st.markdown("[The method in five sentences](#method)", width="content")
        with show:
            _way("Show", SHOW)
            _open("Choose a list", SCENE_LISTS)
        st.subheader("The method in five sentences", anchor="method")
        st.markdown(METHOD)


def _way(title: str, words: str) -> None:
    st.markdown(f"## {title}")
    st.markdown(words)
    st.space("stretch")


def _open(words: str, screen: str, parameters: dict[str, str] | None = None) -> None:
    st.page_link(PAGES[screen].file, label=words, icon=":material/arrow_forward:", query_params=parameters)


screen()
