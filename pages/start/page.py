"""Start, the front door: what this is, in one moving picture, and three ways in."""

import streamlit as st

from pages.controls.first_scene import link_to_answers
from pages.frame import loading
from pages.frame.navigation import DECOMPOSE, PAGES, SCENE_LISTS, START
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
                    _open_decompose("Decompose a layer")
                    link_to_answers()
        learn, show = (column.container(border=True, height="stretch") for column in st.columns([5, 6], gap="large"))
        with learn:
            _way("Learn", LEARN)
            st.markdown("[The method in five sentences](#method)")
        with show:
            _way("Show", SHOW)
            st.page_link(PAGES[SCENE_LISTS].file, label="Choose a list", icon=":material/arrow_forward:")
        st.subheader("The method in five sentences", anchor="method")
        st.markdown(METHOD)


def _way(title: str, words: str) -> None:
    st.markdown(f"## {title}")
    st.markdown(words)
    st.space("stretch")


def _open_decompose(words: str) -> None:
    st.page_link(PAGES[DECOMPOSE].file, label=words, icon=":material/arrow_forward:")


screen()
