"""The tabs below the fold: heads and parts, one core large, weights, refinement, best ranks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from pages.controls.widgets import Explanation, show
from pages.decompose.figures import chosen_view, core_view
from pages.frame.frame import canvas
from pages.session import state
from pages.session.scene import DECOMPOSE_TABS, Scene
from tensorllm_core.figures.cells import pooled_caption
from tensorllm_core.figures.core_slices import core_slice
from tensorllm_core.figures.part_errors import part_errors
from tensorllm_core.figures.refinement import refinement_curve
from tensorllm_core.figures.weights import weights_before_after
from tensorllm_core.linalg.slices import reconstruct_slice
from tensorllm_core.runs.layer_analysis import LayerAnalysis, RankResult, errors_of_slices
from tensorllm_core.types import Ranks

__all__ = ["details"]


def details(scene: Scene, analysis: LayerAnalysis, result: RankResult) -> None:
    """Tabs; only the open one is computed."""
    tabs = st.tabs(
        DECOMPOSE_TABS,
        key=state.seed("details tabs", scene.tab if scene.tab in DECOMPOSE_TABS else DECOMPOSE_TABS[0]),
        on_change=state.take,
        args=("details tabs", "tab"),
    )
    drawers = (_heads_and_parts, _one_core, _weights, _refinement, _best_ranks)
    for tab, draw in zip(tabs, drawers, strict=True):
        if tab.open:
            with tab:
                draw(scene, analysis, result)


def _heads_and_parts(_scene: Scene, analysis: LayerAnalysis, result: RankResult) -> None:
    error = errors_of_slices(analysis, result).by_part_and_group()
    part, group = np.unravel_index(int(np.argmax(error)), error.shape)
    parts = analysis.tensor.parts
    show(
        part_errors(error, parts, analysis.unit, canvas(300)),
        key="error by part and head",
        takeaway=(
            f"Worst served: {parts[part]} of {analysis.unit} {group} at {error[part, group]:.2f}; "
            f"best: {error.min():.2f}"
        ),
        explanation=Explanation(
            "The relative error of each projection on its own: the norm of what was taken from it over its own norm.",
            r"\varepsilon_{p,g} = \frac{\|W_{:,:,p,g} - \hat W_{:,:,p,g}\|}{\|W_{:,:,p,g}\|}",
        ),
        table=lambda: pd.DataFrame(error, columns=[f"{analysis.unit} {g}" for g in range(error.shape[1])]).assign(
            part=parts
        ),
    )


def _one_core(scene: Scene, analysis: LayerAnalysis, result: RankResult) -> None:
    group = _choose_group(scene, analysis, "core")
    view = chosen_view(scene, analysis, result)
    slices = core_view(analysis, result, view)
    matrix = slices[:, :, group]
    share = float((matrix.astype(np.float64) ** 2).sum() / max((slices.astype(np.float64) ** 2).sum(), 1e-300))
    name = f"c = {view}" if view.isdigit() else f"as {view} sees it"
    show(
        core_slice(matrix, float(np.abs(slices).max()) or 1.0, canvas(420)),
        key="one core",
        takeaway=f"The core of {analysis.unit} {group}, {name}: {share:.0%} of this slice's energy over all heads",
        explanation=Explanation(
            "One slice of one private core, large. Choose the slice above the small multiples.",
            r"G_{:,:,c,g} \in \mathbb{R}^{R_1 \times R_2}",
        ),
        table=lambda: pd.DataFrame(matrix, columns=[f"b={b + 1}" for b in range(matrix.shape[1])]),
        caption=pooled_caption(*matrix.shape),
    )


def _weights(scene: Scene, analysis: LayerAnalysis, result: RankResult) -> None:
    with st.container(horizontal=True):
        group = _choose_group(scene, analysis, "weights")
        parts = analysis.tensor.parts
        part = scene.decompose.part if scene.decompose.part in parts else parts[0]
        key = f"weights part {len(parts)}"
        st.segmented_control(
            "Part", parts, key=state.seed(key, part), on_change=state.take, args=(key, "part"), required=True
        )
    index = parts.index(part)
    before = analysis.tensor.data[:, :, index, group].cpu().numpy()
    after = reconstruct_slice(result.tucker, index, group).cpu().numpy()
    error = float(np.linalg.norm(before - after) / max(float(np.linalg.norm(before)), 1e-300))
    show(
        weights_before_after(before, after, canvas(300)),
        key="weights before and after",
        takeaway=f"{part} of {analysis.unit} {group}: relative error {error:.2f}; what the ranks drop is on the right",
        explanation=Explanation(
            "The stored weights of one projection of one head, the same after truncation, and their difference, "
            "on one colour scale (99.5 % of the weights lie within it).",
            r"W_{:,:,p,g},\qquad \hat W_{:,:,p,g} = U_1 \Big(\sum_c U_{3,pc}\, G_{:,:,c,g}\Big) U_2^\top",
        ),
        table=lambda: pd.DataFrame(
            {
                "d_model": np.repeat(np.arange(before.shape[0]), before.shape[1]),
                "d_head": np.tile(np.arange(before.shape[1]), before.shape[0]),
                "before": before.ravel(),
                "after": after.ravel(),
            }
        ),
        caption=pooled_caption(*before.shape),
    )


def _refinement(_scene: Scene, analysis: LayerAnalysis, result: RankResult) -> None:
    if result.refinement is None:
        st.info("Switch on **Refine (HOOI)** on the left to see the error fall sweep by sweep.", icon=":material/tune:")
        return
    errors = result.refinement.relative_errors
    gain = errors[0] - errors[-1]
    ended = "converged" if result.refinement.converged else "stopped before convergence"
    show(
        refinement_curve(errors, result.lower, canvas(300)),
        key="refinement",
        takeaway=f"{result.refinement.sweeps} sweeps, {ended}: {errors[0]:.5f} to {errors[-1]:.5f}, {gain:.5f} won",
        explanation=Explanation(
            "Sequential truncation (small mode first) starts closer than the truncated HOSVD; each HOOI sweep then "
            "finds the best factor of one mode with the others held. The dashed line is the certificate's lower end.",
            r"U_n \leftarrow \text{leading } R_n \text{ left singular vectors of } "
            r"\big(W \times_{m \ne n} U_m^\top\big)_{(n)}",
        ),
        table=lambda: pd.DataFrame({"step": range(len(errors)), "relative error": errors}),
    )


def _best_ranks(_scene: Scene, analysis: LayerAnalysis, result: RankResult) -> None:
    front = analysis.front
    table = pd.DataFrame(
        {
            "R1": front.r1,
            "R2": front.r2,
            "R3": front.r3,
            "stored entries": front.stored_entries,
            "compression ratio": analysis.shape.entries / front.stored_entries,
            "relative error": front.relative_error,
        }
    )
    smaller = int((front.stored_entries <= result.stored_entries).sum())
    best = float(front.relative_error[smaller - 1]) if smaller else float("nan")
    st.caption(
        f"{len(table):,} Pareto-optimal rank triples. At your size the best truncation has error {best:.4f}; "
        f"yours{', refined,' if result.refinement else ''} has {result.relative_error:.4f}. Select a row to go there."
    )
    event = st.dataframe(
        table,
        hide_index=True,
        height=300,
        key="best ranks",
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "compression ratio": st.column_config.NumberColumn(format="%.1fx"),
            "relative error": st.column_config.NumberColumn(format="%.4f"),
        },
    )
    chosen = event.selection.rows
    if chosen:
        row = table.iloc[chosen[0]]
        ranks = Ranks(int(row["R1"]), int(row["R2"]), int(row["R3"]))
        st.button(
            f"Go to {ranks}", type="primary", icon=":material/my_location:", on_click=state.change_ranks, args=(ranks,)
        )
    st.download_button(
        "All (CSV)",
        table.to_csv(index=False),
        "best-ranks.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
    )


def _choose_group(scene: Scene, analysis: LayerAnalysis, place: str) -> int:
    count = analysis.shape.group
    group = min(scene.group, count - 1)
    key = f"{place} group {count}"
    st.selectbox(
        analysis.unit.capitalize(),
        range(count),
        key=state.seed(key, group),
        format_func=lambda number: f"{analysis.unit} {number}",
        on_change=state.take,
        args=(key, "group"),
        width=160,
    )
    return group
