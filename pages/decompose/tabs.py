"""The tabs in the lower half of the screen: heads and parts, one core, weights, refinement, best ranks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from pages.controls.open_tab import draw_open_tab
from pages.controls.part_errors import part_errors_picture
from pages.controls.widgets import Explanation, choose_head, csv_button, show
from pages.decompose.figures import chosen_view, slices_of_view, view_text
from pages.frame.frame import canvas
from pages.session import state
from pages.session.scene import DECOMPOSE_TABS, Scene
from tensorllm_core.figures.cells import pooled_caption
from tensorllm_core.figures.core_slices import core_slice
from tensorllm_core.figures.refinement import refinement_curve
from tensorllm_core.figures.traces import ROBUST_SCALE, robust_limit
from tensorllm_core.figures.weights import weights_before_after
from tensorllm_core.linalg.slices import reconstruct_slice
from tensorllm_core.runs.layer_analysis import LayerAnalysis, RankResult, errors_of_slices
from tensorllm_core.types import Ranks

__all__ = ["details", "nearest_row", "rows_around"]

_NEAR, _ALL = "Near your size", "All"
_YOURS = "nearest to yours"
_ROWS_AROUND = 7
_HIGHLIGHT = "background-color: rgba(213, 94, 0, 0.18); font-weight: bold"
"""Of the row nearest to yours, in the colour of the ring on the landscape; it is seen in light and dark."""


def details(scene: Scene, analysis: LayerAnalysis, result: RankResult) -> None:
    """The tabs; only the open one is computed."""
    drawers = (_heads_and_parts, _one_core, _weights, _refinement, _best_ranks)
    draw_open_tab("details tabs", scene, DECOMPOSE_TABS, drawers, scene, analysis, result)


def _heads_and_parts(_scene: Scene, analysis: LayerAnalysis, result: RankResult) -> None:
    error = errors_of_slices(analysis, result).by_part_and_group()
    part_errors_picture(analysis, error, key="error by part and head", height=300)


def _one_core(scene: Scene, analysis: LayerAnalysis, result: RankResult) -> None:
    group = choose_head(scene, analysis, "core group", width=160)
    view = chosen_view(scene, analysis, result)
    slices = slices_of_view(analysis, result, view)
    matrix = slices[:, :, group]
    share = float((matrix.astype(np.float64) ** 2).sum() / max((slices.astype(np.float64) ** 2).sum(), 1e-300))
    show(
        core_slice(matrix, robust_limit(slices), canvas(420)),
        key="one core",
        takeaway=(
            f"The core of {analysis.unit} {group}, {view_text(view)}: it holds {share:.0%} of the energy of "
            f"all {analysis.unit}s there"
        ),
        explanation=Explanation(
            f"The core of one {analysis.unit}, enlarged. {ROBUST_SCALE} Choose its slice above the figure of all "
            f"{analysis.unit}s.",
            r"G_{:,:,c,g} \in \mathbb{R}^{R_1 \times R_2}",
        ),
        table=lambda: pd.DataFrame(matrix, columns=[f"b={b + 1}" for b in range(matrix.shape[1])]),
        caption=pooled_caption(*matrix.shape),
    )


def _weights(scene: Scene, analysis: LayerAnalysis, result: RankResult) -> None:
    with st.container(horizontal=True):
        group = choose_head(scene, analysis, "weights group", width=160)
        parts = analysis.tensor.parts
        part = scene.decompose.part if scene.decompose.part in parts else parts[0]
        st.segmented_control("Part", parts, **state.bound("part", part, f"weights part {len(parts)}"), required=True)
    index = parts.index(part)
    before = analysis.tensor.data[:, :, index, group].cpu().numpy()
    after = reconstruct_slice(result.tucker, index, group).cpu().numpy()
    error = float(np.linalg.norm(before - after) / max(float(np.linalg.norm(before)), 1e-300))
    show(
        weights_before_after(before, after, canvas(300)),
        key="weights before and after",
        takeaway=f"{part} of {analysis.unit} {group}: relative error {error:.2f}. Right: what the ranks leave out",
        explanation=Explanation(
            f"The weights of one projection of one {analysis.unit}: the original, the decomposed ones, and their "
            "difference. All have one colour scale, which covers 99.5% of the weights.",
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
        words = "Switch on **Refine (HOOI)** on the left to see how each sweep lowers the error."
        st.info(words, icon=":material/tune:")
        return
    errors, sweeps = result.refinement.relative_errors, result.refinement.sweeps
    gain = errors[0] - errors[-1]
    ended = "converged" if result.refinement.converged else "stopped before convergence"
    show(
        refinement_curve(errors, result.lower, canvas(300)),
        key="refinement",
        takeaway=(
            f"{sweeps} sweep{'' if sweeps == 1 else 's'}, {ended}: the error falls by {gain:.5f}, from {errors[0]:.5f} "
            f"to {errors[-1]:.5f}"
        ),
        explanation=Explanation(
            "First the truncated HOSVD, then a sequential truncation (smallest mode first), which is usually closer. "
            "Each sweep of HOOI then finds the best factor of each mode in turn, with the other two fixed. The dashed "
            "line is the lower bound: no decomposition with these ranks can have a smaller error.",
            r"U_n \leftarrow \text{leading } R_n \text{ left singular vectors of } "
            r"\big(W \times_{m \ne n} U_m^\top\big)_{(n)}",
        ),
        table=lambda: pd.DataFrame({"step": range(len(errors)), "relative error": errors}),
    )


def _best_ranks(_scene: Scene, analysis: LayerAnalysis, result: RankResult) -> None:
    front = analysis.front
    place = nearest_row(front.stored_entries, result.stored_entries)
    table = pd.DataFrame(
        {
            "": [_YOURS if row == place else "" for row in range(len(front.r1))],
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
        f"{len(table):,} Pareto-optimal rank triples: none is both smaller and more accurate than another. The best "
        f"truncation of your size has error {best:.4f}; yours{', refined,' if result.refinement else ''} has "
        f"{result.relative_error:.4f}. Select a row to use its ranks."
    )
    shown = st.segmented_control(
        "Rows", [_NEAR, _ALL], default=_NEAR, key="which best ranks", required=True, label_visibility="collapsed"
    )
    # A table opens at its first row, so the rows around yours are a table of their own.
    start = rows_around(place, len(table)) if shown == _NEAR else 0
    rows = table[start : start + _ROWS_AROUND] if shown == _NEAR else table
    event = st.dataframe(
        rows.style.apply(_highlight, axis=1) if shown == _NEAR else rows,
        hide_index=True,
        height="content" if shown == _NEAR else 300,
        # A selection is kept by the number of its row, which means other ranks among other rows.
        key=f"best ranks {analysis.plan.key} {start} {shown}",
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "compression ratio": st.column_config.NumberColumn(format="%.1fx"),
            "relative error": st.column_config.NumberColumn(format="%.4f"),
        },
    )
    if event.selection.rows:
        row = rows.iloc[event.selection.rows[0]]
        ranks = Ranks(int(row["R1"]), int(row["R2"]), int(row["R3"]))
        st.button(
            f"Use {ranks}", type="primary", icon=":material/my_location:", on_click=state.change_ranks, args=(ranks,)
        )
    csv_button(table.drop(columns=""), "best ranks", label="All rows (CSV)")


def nearest_row(stored: np.ndarray, yours: int) -> int:
    """The row whose number of stored entries is nearest to yours, as a ratio; `stored` rises.

    >>> nearest_row(np.array([10, 100, 1000]), 40), nearest_row(np.array([10, 100, 1000]), 5)
    (1, 0)
    """
    return int(np.argmin(np.abs(np.log(stored) - np.log(yours))))


def rows_around(place: int, count: int) -> int:
    """The first of the rows that are shown around a row, which is in their middle where the table goes on that far.

    >>> rows_around(50, 100), rows_around(1, 100), rows_around(99, 100), rows_around(2, 3)
    (47, 0, 93, 0)
    """
    return max(0, min(place - _ROWS_AROUND // 2, count - _ROWS_AROUND))


def _highlight(row: pd.Series) -> list[str]:
    return [_HIGHLIGHT if row[""] else ""] * len(row)
