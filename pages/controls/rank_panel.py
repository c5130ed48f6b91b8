"""The rank controls: by ranks, by error or by compression; tied; refined or not."""

from __future__ import annotations

import math
from collections.abc import Callable

import streamlit as st

from pages.controls.widgets import whole_number
from pages.session import state
from pages.session.scene import Scene
from pages.session.scene_parts import ChooseBy
from pages.work.layer_job import ShownLayer
from tensorllm_core.linalg.rank_choice import break_even_r1, break_even_tied, largest_rank, rank_limits, tied_ranks
from tensorllm_core.runs.layer_analysis import LayerAnalysis
from tensorllm_core.types import Ranks

__all__ = ["rank_panel"]

_MODES = {
    "r1": ("R1", "blue", "Directions of the residual stream (mode 1) that all heads share"),
    "r2": ("R2", "orange", "Directions of the head width (mode 2)"),
    "r3": ("R3", "green", "Combinations of the parts Q, K, V, O (mode 3)"),
}


def rank_panel(layer: ShownLayer) -> None:
    """Controls on the left of the screen; they show the ranks that are asked for, which may not all be in force."""
    scene, analysis, ranks = layer.scene, layer.analysis, layer.decision.ranks
    st.segmented_control(
        "Choose by",
        list(ChooseBy),
        key=state.seed("by widget", scene.ranks.by),
        format_func={ChooseBy.RANKS: "Ranks", ChooseBy.ERROR: "Error", ChooseBy.COMPRESSION: "Ratio"}.__getitem__,
        on_change=_take_by,
        args=(analysis, ranks),
        required=True,
        label_visibility="collapsed",
        width="stretch",
        help="Set the ranks, or fix the error or the ratio and let the best ranks follow",
    )
    if scene.ranks.by is ChooseBy.RANKS:
        _by_ranks(layer)
    elif scene.ranks.by is ChooseBy.ERROR:
        st.number_input(
            "Relative error at most",
            0.0,
            1.0,
            step=0.01,
            format="%.3f",
            key=state.seed("error widget", scene.ranks.error),
            on_change=state.take,
            args=("error widget", "error"),
            help="The ranks with the fewest stored entries that stay within this error",
        )
    else:
        st.number_input(
            "Times smaller, at least",
            0.05,
            1e6,
            step=1.0,
            format="%.2f",
            key=state.seed("ratio widget", scene.ranks.ratio),
            on_change=state.take,
            args=("ratio widget", "ratio"),
            help="The ranks with the least error at this compression ratio",
        )
    if scene.ranks.by is not ChooseBy.RANKS:
        st.markdown(f"best ranks: :blue[**{ranks.r1}**], :orange[**{ranks.r2}**], :green[**{ranks.r3}**]")
        _break_even(scene, analysis, ranks)
    st.toggle(
        "Refine (HOOI)",
        key=state.seed("refine widget", scene.ranks.refine),
        on_change=state.take,
        args=("refine widget", "refine"),
        help="Improve the truncated HOSVD by alternating sweeps until the error no longer falls",
    )


def _by_ranks(layer: ShownLayer) -> None:
    scene, analysis, ranks, asked = layer.scene, layer.analysis, layer.decision.ranks, layer.decision.asked
    shape = analysis.shape
    if scene.ranks.tied:
        most = min(shape.d_head, shape.d_model // shape.group)
        whole_number(
            "r",
            min(ranks.r2, most),
            most,
            lambda key: state.change_ranks(tied_ranks(shape, state.widget_value(key) or 1, asked.r3)),
            colour="orange",
            help_text=f"R1 = {shape.group} r and R2 = r, as the paper's program ties them",
        )
        st.markdown(f":blue[**R1 = {ranks.r1}**], :orange[**R2 = {ranks.r2}**]")
    modes = ("r3",) if scene.ranks.tied else ("r1", "r2", "r3")
    sizes = dict(zip(("r1", "r2", "r3"), rank_limits(shape), strict=True))
    for field in modes:
        label, colour, help_text = _MODES[field]
        whole_number(
            label, getattr(asked, field), sizes[field], _changing(field, asked), colour=colour, help_text=help_text
        )
    _break_even(scene, analysis, ranks)
    # Always there, so that nothing moves when it has something to say.
    st.caption("" if ranks == asked else f"in force: **{ranks}**; no rank exceeds the others' product x {shape.group}")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.checkbox(
            "tied",
            key=state.seed("tied widget", scene.ranks.tied),
            on_change=_take_tied,
            args=(analysis, ranks),
            help=f"R1 = {shape.group} r, R2 = r",
        )
        st.button(
            "suggest",
            icon=":material/auto_awesome:",
            type="tertiary",
            on_click=_suggest,
            disabled=scene.ranks.chosen is None,
            help=f"The noise floor hints at {analysis.noise.ranks}: a hint from the spectrum alone, no data",
        )


def _break_even(scene: Scene, analysis: LayerAnalysis, ranks: Ranks) -> None:
    """One line, always: up to where ranks save, in red where the ranks in force are beyond."""
    shape = analysis.shape
    stored = shape.stored_entries(ranks)
    if scene.ranks.by is ChooseBy.RANKS and scene.ranks.tied:
        name, last = "r", break_even_tied(shape, ranks.r3)
        beside, all_save = f"R3 = {ranks.r3}", last == min(shape.d_head, shape.d_model // shape.group)
    else:
        name, last = "R1", break_even_r1(shape, ranks.r2, ranks.r3)
        beside = f"R2 = {ranks.r2} and R3 = {ranks.r3}"
        all_save = last == largest_rank(shape, ranks, mode=1)
    if stored > shape.entries:
        words = f":red[**larger**, break-even {name} = {last:,}]" if last else f":red[**larger** at any {name}]"
    else:
        words = f":gray[every {name} saves here]" if all_save else f":gray[break-even {name} = {last:,}]"
    st.markdown(
        f":small[{words}]",
        help=(
            f"Core and factors store {stored / shape.entries:.3g} times the layer's attention weights. Beside {beside} "
            + (f"every possible {name} stores less than they do." if all_save else f"{name} saves up to {last:,}.")
        ),
    )


def _suggest() -> None:
    state.change(tied=False)
    state.change_ranks(None)


def _changing(field: str, ranks: Ranks) -> Callable[[str], None]:
    def take(key: str) -> None:
        value = state.widget_value(key)
        if value is not None:
            state.change_ranks(ranks._replace(**{field: int(value)}))

    return take


def _take_by(analysis: LayerAnalysis, ranks: Ranks) -> None:
    # Whatever is fixed next, it starts from where one is.
    state.change_ranks(ranks)
    error = math.ceil(1000 * analysis.table.relative_error(ranks)) / 1000
    ratio = math.floor(100 * analysis.shape.compression_ratio(ranks)) / 100
    state.change(error=min(error, 1.0), ratio=max(ratio, 0.05), tied=False)
    state.take("by widget", "by")


def _take_tied(analysis: LayerAnalysis, ranks: Ranks) -> None:
    tied = bool(state.widget_value("tied widget"))
    if tied:
        state.change_ranks(tied_ranks(analysis.shape, ranks.r2, ranks.r3))
    state.change(tied=tied)
