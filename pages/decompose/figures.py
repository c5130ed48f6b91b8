"""The figures in the upper half of the screen: error landscape, spectra and the cores of all heads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from pages.controls.suggestion import noise_floor_words
from pages.controls.widgets import Explanation, show
from pages.frame.frame import canvas
from pages.session import state
from pages.session.scene import Scene
from pages.work.caches import cached_path
from tensorllm_core.figures.cells import MOST_CELLS, pooled_caption
from tensorllm_core.figures.core_slices import core_mosaic
from tensorllm_core.figures.landscape import ErrorGrid, error_landscape
from tensorllm_core.figures.spectra import ModeSpectrum, spectra
from tensorllm_core.figures.traces import ROBUST_SCALE
from tensorllm_core.linalg.rank_choice import rank_limits
from tensorllm_core.linalg.slices import core_seen_from_part
from tensorllm_core.runs.layer_analysis import LayerAnalysis, RankResult
from tensorllm_core.types import Ranks

__all__ = ["chosen_view", "cores_picture", "landscape_picture", "slices_of_view", "spectra_picture", "view_text"]

_HEIGHT = 265
_MOST_BUTTONS = 9
"""Slices up to which buttons choose one; more are in a list."""


def landscape_picture(analysis: LayerAnalysis, result: RankResult) -> None:
    """Relative error over (R1, R2) at the chosen R3."""
    ranks, shape = result.ranks, analysis.shape
    grid = _error_grid(analysis, ranks.r3)
    front = cached_path(analysis, ranks.r3)
    path = [Ranks(int(r1), int(r2), ranks.r3) for r1, r2 in zip(front.r1, front.r2, strict=True)]
    show(
        error_landscape(
            grid,
            shape,
            ranks,
            path[:: max(1, len(path) // 200)],
            canvas(_HEIGHT),
            hint=analysis.suggestion if analysis.suggestion.r3 == ranks.r3 else None,
        ),
        key="error landscape",
        takeaway=(
            f"Error {result.relative_error:.2f} at the ring (R3 = {ranks.r3}). Orange: the best ranks of each size"
        ),
        explanation=Explanation(
            "Each cell shows the relative error of the truncated HOSVD at its (R1, R2) and the chosen R3. Dashed lines "
            "join ranks with the same compression ratio. The solid line is **break-even**: to its right, core and "
            "factors store more than the layer's own weights. The orange points are the Pareto-optimal ranks below "
            "break-even: no other ranks with this R3 are both smaller and more accurate. The ring marks your ranks, "
            f"the diamond those that are suggested. {pooled_caption(shape.d_model, shape.d_head)}",
            r"\varepsilon(R_1,R_2,R_3)^2 = 1 - \frac{\sum_{a \le R_1, b \le R_2, c \le R_3, g} G_{abcg}^2}{\|W\|^2}",
        ),
        table=lambda: _landscape_table(grid, ranks.r3),
    )


def spectra_picture(analysis: LayerAnalysis, result: RankResult) -> None:
    """Singular values of the three unfoldings."""
    modes = [
        ModeSpectrum(values.cpu().numpy(), rank, edge, count, analysis.decomposition.norm**2)
        for values, rank, edge, count in zip(
            analysis.decomposition.spectra,
            result.ranks,
            analysis.noise.edges,
            rank_limits(analysis.shape),
            strict=True,
        )
    ]
    kept = ", ".join(f"{mode.energy_kept:.0%}" for mode in modes)
    show(
        spectra(modes, canvas(_HEIGHT)),
        key="spectra",
        takeaway=f"Energy that these ranks keep in modes 1, 2, 3: {kept}",
        explanation=Explanation(
            "The line shows the singular values of each mode's unfolding (the tensor as a matrix, with this mode as "
            "its rows), on a logarithmic axis where they span a factor of ten or more. The shaded area (right axis) "
            "is the share of the energy that the first directions hold; energy is the sum of squared singular "
            "values. The dotted line marks the chosen rank. The dashed line is the noise floor: the largest singular "
            f"value that random noise would have (Marchenko-Pastur). {noise_floor_words(analysis)}",
            r"W_{(n)} = U_n \Sigma_n V_n^\top,\qquad \sigma_{\text{edge}} = s\,(\sqrt{m} + \sqrt{n})",
        ),
        table=lambda: pd.concat(
            [
                pd.DataFrame(
                    {
                        "mode": number,
                        "index": np.arange(1, len(mode.values) + 1),
                        "singular value": mode.values,
                        "cumulative energy": np.cumsum(mode.values**2) / np.sum(mode.values**2),
                    }
                )
                for number, mode in enumerate(modes, start=1)
            ]
        ),
    )


def cores_picture(scene: Scene, analysis: LayerAnalysis, result: RankResult) -> None:
    """The core of every head: one slice of it, or the core of one part."""
    view = chosen_view(scene, analysis, result)
    slices = slices_of_view(analysis, result, view)
    energy = (slices.astype(np.float64) ** 2).sum(axis=(0, 1))
    shares = energy / max(energy.sum(), np.finfo(float).tiny)
    strongest = int(np.argmax(shares))

    def choose_view() -> None:
        views = _views(analysis, result)
        choice: dict[str, Any] = {
            "label": "Slice of the core",
            "options": views,
            **state.bound("view", view, f"view widget {len(views)}"),
            "format_func": lambda name: f"c = {name}" if name.isdigit() else name,
            "label_visibility": "collapsed",
            "help": "Slice c of the core, a combination of Q, K, V, O (mode 3); or the core of Q, K, V or O alone",
        }
        if len(views) <= _MOST_BUTTONS:
            st.segmented_control(**choice, required=True)
        else:
            st.selectbox(**choice, width=120)

    show(
        core_mosaic(slices, analysis.unit, canvas(125), chosen=min(scene.group, analysis.shape.group - 1)),
        key="cores",
        takeaway=(
            f"The core of every {analysis.unit}, {view_text(view)}. {analysis.unit.capitalize()} {strongest} "
            f"has the most energy: {shares[strongest]:.0%}"
        ),
        explanation=Explanation(
            f"All {analysis.unit}s share the same directions (the columns of U1, U2, U3). They differ only in their "
            "cores, drawn with R1 rows and R2 columns on one colour scale. `c = 1` is the strongest combination of Q, "
            "K, V, O. `Q` is the core of Q alone: the sum of all slices, weighted by Q's row of U3. "
            f"{ROBUST_SCALE} "
            f"{pooled_caption(result.ranks.r1, result.ranks.r2, MOST_CELLS // 2)}",
            r"W_g \approx G_g \times_1 U_1 \times_2 U_2 \times_3 U_3,\qquad \text{shown: } G_{:,:,c,g}",
        ),
        table=lambda: _core_table(slices, analysis.unit),
        beside=choose_view,
    )


def slices_of_view(analysis: LayerAnalysis, result: RankResult, view: str) -> np.ndarray:
    """The matrices `r1 x r2 x group` of a view: of slice c of the core, or of a part."""
    if view.isdigit():
        slices = result.tucker.core[:, :, int(view) - 1]
    else:
        slices = core_seen_from_part(result.tucker, analysis.tensor.parts.index(view))
    return slices.cpu().numpy()


def chosen_view(scene: Scene, analysis: LayerAnalysis, result: RankResult) -> str:
    """The view of the scene if these ranks have it, else the first slice."""
    return scene.decompose.view if scene.decompose.view in _views(analysis, result) else "1"


def view_text(view: str) -> str:
    """A view in words.

    >>> view_text("2"), view_text("Q")
    ('slice 2', 'part Q')
    """
    return f"slice {view}" if view.isdigit() else f"part {view}"


def _views(analysis: LayerAnalysis, result: RankResult) -> list[str]:
    return [*(str(c) for c in range(1, result.ranks.r3 + 1)), *analysis.tensor.parts]


def _error_grid(analysis: LayerAnalysis, r3: int) -> ErrorGrid:
    shape = analysis.shape
    r1, r2 = (_sampled_ranks(limit) for limit in rank_limits(shape)[:2])
    # Of a first picture only the errors of leading directions are known.
    known = r1 <= analysis.table.limits.r1
    error = np.full((len(r1), len(r2)), np.nan, dtype=np.float32)
    error[known] = analysis.table.error_grid(r3, r1[known].tolist(), r2.tolist())
    impossible = (r1[:, None] > r2[None, :] * r3 * shape.group) | (r2[None, :] > r1[:, None] * r3 * shape.group)
    return ErrorGrid(r1, r2, np.where(impossible, np.nan, error).astype(np.float32))


def _sampled_ranks(count: int) -> np.ndarray:
    """Ranks from 1 to `count`, at most as many as a heat map has cells: more of the small ones, always the largest."""
    if count <= MOST_CELLS:
        return np.arange(1, count + 1)
    return np.unique(np.geomspace(1, count, MOST_CELLS).round().astype(int))


def _landscape_table(grid: ErrorGrid, r3: int) -> pd.DataFrame:
    r1, r2 = np.meshgrid(grid.r1, grid.r2, indexing="ij")
    return pd.DataFrame({"R1": r1.ravel(), "R2": r2.ravel(), "R3": r3, "relative error": grid.error.ravel()}).dropna()


def _core_table(slices: np.ndarray, unit: str) -> pd.DataFrame:
    r1, r2, group = np.indices(slices.shape)
    return pd.DataFrame({unit: group.ravel(), "a": r1.ravel() + 1, "b": r2.ravel() + 1, "value": slices.ravel()})
