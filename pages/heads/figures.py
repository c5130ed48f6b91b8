"""The four figures of the Heads screen: energy and error, error by part, similarity, and the extreme cores."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from pages.controls.part_errors import part_errors_picture
from pages.controls.texts import error_text
from pages.controls.widgets import Explanation, show
from pages.frame.frame import canvas
from pages.heads.similarity import HeadComparison
from pages.session import state
from pages.session.scene import Scene
from tensorllm_core.figures.cells import pooled_caption
from tensorllm_core.figures.core_contrast import NamedCore, core_contrast
from tensorllm_core.figures.group_profile import group_profile
from tensorllm_core.figures.similarity import similarity_map
from tensorllm_core.figures.traces import ROBUST_SCALE
from tensorllm_core.linalg.core_similarity import similarity_order
from tensorllm_core.runs.layer_analysis import LayerAnalysis

__all__ = ["cores_picture", "parts_picture", "profile_picture", "similarity_picture"]

_HEIGHT = 218
_MOST_ROWS = 128
"""Directions of modes 1 and 2 that the table of the cores holds."""


def profile_picture(scene: Scene, analysis: LayerAnalysis, heads: HeadComparison) -> None:
    """Energy and error of each group."""
    unit = analysis.unit
    strongest = int(np.argmax(heads.energy))
    show(
        group_profile(
            heads.energy, heads.error, unit, canvas(_HEIGHT), overall=heads.result.relative_error, chosen=scene.group
        ),
        key="heads profile",
        takeaway=(
            f"{unit.capitalize()} {strongest} has the most energy: {heads.energy[strongest]:.0%}. "
            f"An equal share is {1 / len(heads.energy):.0%}"
        ),
        explanation=Explanation(
            f"Above: the share of each {unit} in the energy (squared norm) of the layer. The dashed line is an equal "
            f"share. Below: the relative error of each {unit}, the norm of what the ranks leave out, divided by the "
            f"norm of the {unit}. The dashed line is the error of the whole layer. {unit.capitalize()}s with much "
            "energy shape the shared directions, so those with little energy often lose more. Click a bar to choose "
            f"its {unit}.",
            r"\|W_g\|^2 / \|W\|^2,\qquad \varepsilon_g = \|W_g - \hat W_g\| / \|W_g\|",
        ),
        table=lambda: pd.DataFrame(
            {unit: range(len(heads.energy)), "energy": heads.energy, "relative error": heads.error}
        ),
        chooses="group",
    )


def parts_picture(_scene: Scene, analysis: LayerAnalysis, heads: HeadComparison) -> None:
    """Error of each part of each group."""
    part_errors_picture(analysis, heads.part_error, key="heads parts", height=_HEIGHT)


def similarity_picture(scene: Scene, analysis: LayerAnalysis, heads: HeadComparison) -> None:
    """Cosine of every two cores; there are two or more."""
    unit, count = analysis.unit, len(heads.energy)
    order = similarity_order(heads.similarity) if scene.heads.alike else np.arange(count)
    one, other = heads.most_alike()
    cosine = float(heads.similarity[one, other])
    takeaway = f"Largest cosine: {cosine:.2f}, {unit}s {one} and {other}; noise ±{heads.chance:.2g}"
    show(
        similarity_map(heads.similarity, order, unit, canvas(_HEIGHT), chosen=scene.group),
        key="heads similarity",
        takeaway=takeaway,
        explanation=Explanation(
            f"The cosine between the cores of every two {unit}s. The shared factors are orthonormal, so it is also the "
            f"cosine between the compressed weights of the two {unit}s. Cores of pure noise of this size would have "
            f"cosines of about ±{heads.chance:.3f}. The diagonal is left blank, and the colour scale ends at the "
            "largest other cosine. "
            f"{pooled_caption(count, count)}",
            r"\cos(g, h) = \frac{\langle G_g, G_h \rangle}{\|G_g\|\,\|G_h\|},\qquad "
            r"\text{chance: } 1 / \sqrt{R_1 R_2 R_3}",
        ),
        table=lambda: _pairs(heads.similarity, unit),
        beside=lambda: _choose_order(scene),
    )


def cores_picture(scene: Scene, analysis: LayerAnalysis, heads: HeadComparison) -> None:
    """The cores of the groups with the smallest and the largest error, and of the chosen group."""
    unit = analysis.unit
    if heads.easiest == heads.hardest:
        rows = {scene.group: "the same as in all others" if len(heads.error) > 1 else f"the only {unit}"}
        takeaway = f"The core of {unit} {scene.group}"
    else:
        rows = {heads.easiest: "the smallest", heads.hardest: "the largest"}
        rows.setdefault(scene.group, "chosen")
        takeaway = f"Cores of {unit} {heads.easiest} (smallest error) and {unit} {heads.hardest} (largest error)"
    core = heads.result.tucker.core.cpu().numpy()
    named = [
        NamedCore(f"{unit} {group}, error {error_text(heads.error[group])}, {words}", core[:, :, :, group])
        for group, words in rows.items()
    ]
    r1, r2, r3 = heads.result.ranks
    show(
        core_contrast(named, canvas(_HEIGHT)),
        key="heads cores",
        takeaway=takeaway,
        explanation=Explanation(
            "The slices of up to three cores, R1 rows by R2 columns, on one colour scale; the strongest directions are "
            f"at the top left. The cores are those of the {unit} with the smallest error at these ranks, of the one "
            f"with the largest, and of the chosen one. At most four of the R3 = {r3} slices are drawn. The table holds "
            f"the first {_MOST_ROWS} directions of modes 1 and 2. {ROBUST_SCALE} "
            f"{pooled_caption(r1, r2, 256 // max(min(r3, 4), len(named)))}",
            r"G_{:,:,c,g} \in \mathbb{R}^{R_1 \times R_2}",
        ),
        table=lambda: _core_table(core, list(rows), unit),
    )


def _choose_order(scene: Scene) -> None:
    st.checkbox(
        "by similarity",
        **state.bound("alike", scene.heads.alike),
        help="Puts similar cores side by side",
    )


def _pairs(similarity: np.ndarray, unit: str) -> pd.DataFrame:
    one, other = np.triu_indices(len(similarity), k=1)
    return pd.DataFrame({f"{unit} a": one, f"{unit} b": other, "cosine": similarity[one, other]})


def _core_table(core: np.ndarray, groups: list[int], unit: str) -> pd.DataFrame:
    drawn = core[:_MOST_ROWS, :_MOST_ROWS, :4, groups]
    r1, r2, r3, group = np.indices(drawn.shape)
    return pd.DataFrame(
        {
            unit: np.array(groups)[group.ravel()],
            "a": r1.ravel() + 1,
            "b": r2.ravel() + 1,
            "c": r3.ravel() + 1,
            "value": drawn.ravel(),
        }
    )
