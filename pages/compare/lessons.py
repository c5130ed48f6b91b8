"""Explain the difference: what each method shares across what, drawn, and how two layouts cut one small matrix."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages.controls.widgets import Explanation, show
from pages.frame.frame import canvas
from pages.frame.stage import is_presenting
from tensorllm_core.figures.layout_cut import layout_cut
from tensorllm_core.figures.network import network_diagram
from tensorllm_core.figures.network_pattern import Kept, Network, read_networks
from tensorllm_core.lessons.layouts import HeadCut, cut_into_heads
from tensorllm_core.methods.description import MethodDescription, MethodLesson
from tensorllm_core.methods.registry import METHODS
from tensorllm_core.types import Layout

__all__ = ["method_lessons"]

_NETWORK_HEIGHT, _LAYOUT_HEIGHT = 220, 260
_MOST_IN_ROW, _MOST_IN_ROW_PRESENTING = 3, 2
_READING = (
    "A tensor network: each shape is a tensor, a thin line between two is an index that is summed over, a thick open "
    "line is an index of the weights. A filled, ringed shape is stored once; a stack has a copy for each head "
    "or matrix."
)


def method_lessons(method_names: Sequence[str]) -> None:
    """Draw the panel for these methods, by their names in the registry."""
    for row in _rows([METHODS[name] for name in method_names]):
        for column, method in zip(st.columns(len(row), gap="medium"), row, strict=True):
            with column:
                _explain(method)
    st.divider()
    _layouts()


def _rows(methods: Sequence[MethodDescription]) -> list[Sequence[MethodDescription]]:
    """Rows as even as can be, of as many cards as there is room for."""
    most = _MOST_IN_ROW_PRESENTING if is_presenting() else _MOST_IN_ROW
    count = -(-len(methods) // most)
    each = -(-len(methods) // count) if count else 1
    return [methods[start : start + each] for start in range(0, len(methods), each)]


def _explain(method: MethodDescription) -> None:
    lesson = method.lesson
    networks = read_networks(lesson.network)
    st.markdown(f"**{method.title}**")
    show(
        network_diagram(networks, canvas(_NETWORK_HEIGHT), shared_by=lesson.shared_by, one_per=lesson.one_per),
        key=f"network {method.name}",
        takeaway=lesson.takeaway,
        explanation=Explanation(_READING, lesson.formula),
        table=lambda: _nodes(networks, lesson),
    )
    st.latex(lesson.formula)
    st.markdown(f":small[**Shared:** {lesson.shares}]  \n:small[**Private:** {lesson.private}]")


def _nodes(networks: Sequence[Network], lesson: MethodLesson) -> pd.DataFrame:
    """Every tensor of the networks with its indices and whose it is."""
    whose = {
        Kept.SHARED: f"shared by {lesson.shared_by}",
        Kept.RANDOM: f"random, shared by {lesson.shared_by}",
        Kept.PRIVATE: f"one per {lesson.one_per}",
        Kept.OWN: "of this matrix alone",
    }
    rows = [
        (network.title, node.name, " x ".join(node.indices), whose[node.kept])
        for network in networks
        for node in network.nodes
    ]
    numbers = pd.DataFrame(rows, columns=["of", "tensor", "indices", "kept"])
    return numbers if any(network.title for network in networks) else numbers.drop(columns="of")


def _layouts() -> None:
    paper, released = cut_into_heads(Layout.PAPER), cut_into_heads(Layout.RELEASED_CODE)
    picture, words = st.columns(2, gap="large")
    with picture:
        show(
            layout_cut(
                {"paper": paper.head, "released code": released.head},
                paper.number,
                paper.head[:, 0],
                canvas(_LAYOUT_HEIGHT),
            ),
            key="layouts",
            takeaway="One matrix Q, cut twice: the paper's slices are heads, the released code's are not",
            explanation=Explanation(
                "Q of a model with d_model 6 and 3 heads of width 2, as PyTorch stores it, its entries numbered. The "
                "shade says which slice of the tensor an entry goes to; dashed lines part the model's own heads. K and "
                "V are cut alike. O is stored the other way round, and so is its cut: the paper's at the input, the "
                "released code's at the output.",
                r"\text{paper: } i = \lfloor \text{output} / d_{\text{head}} \rfloor,\qquad"
                r"\text{released code: } i = \lfloor \text{input} / d_{\text{head}} \rfloor",
            ),
            table=_layout_table,
            caption="Dashed: the borders of the model's own heads.",
        )
    with words:
        st.markdown(
            "**Paper against released code.** The paper's equations give each head its own slice, so the shared "
            "`d_model` directions are those that the heads *read*. The authors' program cuts the matrix at its other "
            "end: a slice holds a block of inputs for *all* heads, and the `d_model` axis holds the outputs of Q, K "
            "and V."
        )
        st.markdown(
            "The compression ratio is the same; the shared subspace, and with it the error and the answers, are not."
        )


def _layout_table() -> pd.DataFrame:
    """Each entry of Q and of O: where both layouts put it."""
    return pd.concat(_entries(part, layout, cut_into_heads(layout, part)) for part in ("Q", "O") for layout in Layout)


def _entries(part: str, layout: Layout, cut: HeadCut) -> pd.DataFrame:
    width = cut.number.shape[1]
    return pd.DataFrame(
        {
            "part": part,
            "layout": layout.value,
            "entry": cut.number.ravel(),
            "output": cut.number.ravel() // width,
            "input": cut.number.ravel() % width,
            "slice": cut.head.ravel(),
            "d_model": cut.d_model.ravel(),
            "d_head": cut.d_head.ravel(),
        }
    )
