"""The controls for ranks: by ranks, by error or by compression ratio; tied or not; refined or not."""

from __future__ import annotations

import math
from collections.abc import Callable

import streamlit as st

from pages.controls.widgets import whole_number
from pages.frame.frame import panel_columns
from pages.session import state
from pages.session.scene import Scene
from pages.session.scene_parts import ChooseBy
from pages.work.layer_job import ShownLayer
from pages.work.plain_text import inert
from tensorllm_core.linalg.rank_choice import break_even_r1, break_even_tied, largest_rank, rank_limits, tied_ranks
from tensorllm_core.runs.layer_analysis import LayerAnalysis
from tensorllm_core.runs.ranks import suggestion_text
from tensorllm_core.types import Ranks

__all__ = ["rank_panel", "rank_panel_column"]

_MODES = {
    "r1": ("R1", "blue", "How many directions of the model width d_model are kept (mode 1); all heads share them"),
    "r2": ("R2", "orange", "How many directions of the head width d_head are kept (mode 2); all heads share them"),
    "r3": ("R3", "green", "How many combinations of the parts Q, K, V, O are kept (mode 3)"),
}


def rank_panel_column(
    layer: ShownLayer, below: Callable[[Scene], None] | None = None
) -> st.delta_generator.DeltaGenerator:
    """Draw the rank panel in the left column of the screen, and what `below` draws; returns the right column."""
    left, right = panel_columns(layer.scene)
    with left:
        with st.container(key="rank-panel"):
            rank_panel(layer)
        if below:
            below(layer.scene)
    return right


def rank_panel(layer: ShownLayer) -> None:
    """The controls. They show the ranks that the visitor chose; if these are impossible, smaller ones are in use."""
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
        help="Set the ranks. Or set the error or the ratio, and the best ranks for it are used",
    )
    if scene.ranks.by is ChooseBy.RANKS:
        _by_ranks(layer)
    else:
        _by_limit(scene)
        st.markdown(f"Best ranks: :blue[**{ranks.r1}**], :orange[**{ranks.r2}**], :green[**{ranks.r3}**]")
        _break_even(scene, analysis, ranks)
    st.toggle(
        "Refine (HOOI)",
        **state.bound("refine", scene.ranks.refine),
        help="Improves the truncated HOSVD: sweeps over the three factors, until the error no longer falls",
    )


def _by_limit(scene: Scene) -> None:
    """The largest error, or the smallest compression ratio."""
    if scene.ranks.by is ChooseBy.ERROR:
        st.number_input(
            "Relative error at most",
            0.0,
            1.0,
            step=0.01,
            format="%.3f",
            **state.bound("error", scene.ranks.error),
            help="Takes the ranks that store the fewest entries within this error",
        )
        return
    st.number_input(
        "Compression ratio at least",
        0.05,
        1e6,
        step=1.0,
        format="%.2f",
        **state.bound("ratio", scene.ranks.ratio),
        help="Takes the ranks with the smallest error at this compression ratio or above it",
    )


def _by_ranks(layer: ShownLayer) -> None:
    scene, analysis, ranks, chosen = layer.scene, layer.analysis, layer.decision.ranks, layer.decision.request
    shape = analysis.shape
    if scene.ranks.tied:
        most = min(shape.d_head, shape.d_model // shape.group)
        whole_number(
            "r",
            min(ranks.r2, most),
            most,
            lambda key: state.change_ranks(tied_ranks(shape, state.widget_value(key) or 1, chosen.r3)),
            colour="orange",
            help_text=f"One number sets two ranks: R1 = {shape.group} r and R2 = r, as in the authors' program",
        )
        st.markdown(f":blue[**R1 = {ranks.r1}**], :orange[**R2 = {ranks.r2}**]")
    modes = ("r3",) if scene.ranks.tied else ("r1", "r2", "r3")
    sizes = dict(zip(("r1", "r2", "r3"), rank_limits(shape), strict=True))
    for field in modes:
        label, colour, help_text = _MODES[field]
        whole_number(
            label, getattr(chosen, field), sizes[field], _take_rank(field, chosen), colour=colour, help_text=help_text
        )
    _break_even(scene, analysis, ranks)
    # Also drawn when it is empty, so that nothing moves when it gets a text.
    limit = f"no rank can exceed {shape.group} times the product of the other two ranks"
    if analysis.leading is not None and chosen.r1 > analysis.leading:
        limit = "more when the whole layer is decomposed"
    st.caption("" if ranks == chosen else f"In use: **{ranks}**; {limit}")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.checkbox(
            f"R1 = {shape.group} x R2, as in TensorLLM's own program",
            key=state.seed("tied widget", scene.ranks.tied),
            on_change=_take_tied,
            args=(analysis, ranks),
            help=f"One number r sets two ranks: R1 = {shape.group} r and R2 = r",
        )
        st.button(
            "Suggested ranks",
            icon=":material/auto_awesome:",
            type="tertiary",
            on_click=_suggest,
            disabled=scene.ranks.chosen is None,
            help=inert(f"Takes {analysis.suggestion}, the ranks {suggestion_text(analysis.plan.reference)}"),
        )


def _break_even(scene: Scene, analysis: LayerAnalysis, ranks: Ranks) -> None:
    """One line: up to which rank core and factors are smaller than the layer; red if the ranks in use are above it."""
    shape = analysis.shape
    stored = shape.stored_entries(ranks)
    if scene.ranks.by is ChooseBy.RANKS and scene.ranks.tied:
        name, last = "r", break_even_tied(shape, ranks.r3)
        others, all_smaller = f"R3 = {ranks.r3}", last == min(shape.d_head, shape.d_model // shape.group)
    else:
        name, last = "R1", break_even_r1(shape, ranks.r2, ranks.r3)
        others = f"R2 = {ranks.r2} and R3 = {ranks.r3}"
        all_smaller = last == largest_rank(shape, ranks, mode=1)
    if stored > shape.entries:
        words = f":red[Nothing is saved: break-even is at {f'{name} = {last:,}' if last else f'no {name}'}]"
    else:
        up_to = f"Saves numbers up to {name} = {last:,}, break-even"
        words = f":gray[{f'Every {name} saves numbers' if all_smaller else up_to}]"
    smaller = f"for every {name}" if all_smaller else f"up to {name} = {last:,}" if last else f"for no {name}"
    st.markdown(
        f":small[{words}]",
        help=(
            f"Core and factors have {stored / shape.entries:.3g} times as many numbers as the layer's attention. With "
            f"{others} they have fewer numbers than the attention {smaller}."
        ),
    )


def _suggest() -> None:
    state.change(tied=False)
    state.change_ranks(None)


def _take_rank(field: str, ranks: Ranks) -> Callable[[str], None]:
    """A callback that puts the value of a widget into one of these ranks."""

    def take(key: str) -> None:
        value = state.widget_value(key)
        if value is not None:
            state.change_ranks(ranks._replace(**{field: int(value)}))

    return take


def _take_by(analysis: LayerAnalysis, ranks: Ranks) -> None:
    # Whatever the visitor sets next, it starts from the ranks in use.
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
