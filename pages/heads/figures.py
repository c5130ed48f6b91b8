"""The four pictures of the Heads screen: energy and error, error by part, similarity, and the extreme cores."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from pages.controls.widgets import Explanation, show, take_click
from pages.frame.frame import canvas
from pages.heads.similarity import HeadComparison, error_text
from pages.session import state
from pages.session.scene import Scene
from tensorllm_core.figures.cells import pooled_caption
from tensorllm_core.figures.core_contrast import NamedCore, core_contrast
from tensorllm_core.figures.group_profile import group_profile
from tensorllm_core.figures.part_errors import part_errors
from tensorllm_core.figures.similarity import similarity_map
from tensorllm_core.linalg.core_similarity import similarity_order
from tensorllm_core.runs.layer_analysis import LayerAnalysis

__all__ = ["cores_picture", "parts_picture", "profile_picture", "similarity_picture"]

_HEIGHT = 218
_MOST_ROWS = 128
"""Directions of modes 1 and 2 whose numbers the table of the cores holds."""


def profile_picture(scene: Scene, analysis: LayerAnalysis, found: HeadComparison) -> None:
    """Energy and error of each group."""
    unit = analysis.unit
    strongest = int(np.argmax(found.energy))
    picked = show(
        group_profile(
            found.energy, found.error, unit, canvas(_HEIGHT), overall=found.result.relative_error, chosen=scene.group
        ),
        key="heads profile",
        takeaway=(
            f"{unit.capitalize()} {strongest} holds the most energy, {found.energy[strongest]:.0%}; "
            f"an equal share is {1 / len(found.energy):.0%}"
        ),
        explanation=Explanation(
            f"Above: squared norm of each {unit}'s weights over the layer's, dashed the equal share. Below: the norm "
            f"of what the ranks take from each {unit} over its own norm, dashed the error of the whole layer. Strong "
            f"{unit}s shape the shared directions, so weak ones often lose more. Click a bar to choose its {unit}.",
            r"\|W_g\|^2 / \|W\|^2,\qquad \varepsilon_g = \|W_g - \hat W_g\| / \|W_g\|",
        ),
        table=lambda: pd.DataFrame(
            {unit: range(len(found.energy)), "energy": found.energy, "relative error": found.error}
        ),
        selectable=True,
    )
    take_click("heads profile", picked, "group")


def parts_picture(_scene: Scene, analysis: LayerAnalysis, found: HeadComparison) -> None:
    """Error of each part of each group."""
    parts, unit, error = analysis.tensor.parts, analysis.unit, found.part_error
    part, group = np.unravel_index(int(np.argmax(error)), error.shape)
    best_part, best_group = np.unravel_index(int(np.argmin(error)), error.shape)
    show(
        part_errors(error, parts, unit, canvas(_HEIGHT)),
        key="heads parts",
        takeaway=(
            f"Worst served: {parts[part]} of {unit} {group}, {error_text(error[part, group])}; "
            f"best: {parts[best_part]} of {unit} {best_group}, {error_text(error[best_part, best_group])}"
        ),
        explanation=Explanation(
            "The relative error of each projection on its own: the norm of what was taken from it over its own norm.",
            r"\varepsilon_{p,g} = \frac{\|W_{:,:,p,g} - \hat W_{:,:,p,g}\|}{\|W_{:,:,p,g}\|}",
        ),
        table=lambda: pd.DataFrame(error, columns=[f"{unit} {g}" for g in range(error.shape[1])]).assign(part=parts),
    )


def similarity_picture(scene: Scene, analysis: LayerAnalysis, found: HeadComparison) -> None:
    """Cosine of every two cores."""
    unit, count = analysis.unit, len(found.energy)
    order = similarity_order(found.similarity) if scene.heads.alike else np.arange(count)
    alike = found.most_alike()
    if alike is None:
        takeaway = f"One {unit} only: nothing to compare"
    else:
        cosine = float(found.similarity[alike])
        takeaway = f"Largest cosine: {unit}s {alike[0]} and {alike[1]}, {cosine:.2f}; chance ±{found.chance:.2f}"
    show(
        similarity_map(found.similarity, order, unit, canvas(_HEIGHT), chosen=scene.group),
        key="heads similarity",
        takeaway=takeaway,
        explanation=Explanation(
            f"Cosine between the private cores of every two {unit}s. The shared factors are orthonormal, so it is also "
            f"the cosine between the compressed weights themselves. Independent cores of this size would differ from 0 "
            f"by about {found.chance:.3f}. Colours reach to the largest cosine off the diagonal, which is left out. "
            f"{pooled_caption(count, count)}",
            r"\cos(g, h) = \frac{\langle G_g, G_h \rangle}{\|G_g\|\,\|G_h\|},\qquad "
            r"\text{chance: } 1 / \sqrt{R_1 R_2 R_3}",
        ),
        table=lambda: _pairs(found.similarity, unit),
        beside=lambda: _choose_order(scene),
    )


def cores_picture(scene: Scene, analysis: LayerAnalysis, found: HeadComparison) -> None:
    """The cores of the least and the most compressible group, and of the chosen one if that is another."""
    unit = analysis.unit
    if found.easiest == found.hardest:
        rows = {scene.group: "as any other" if len(found.error) > 1 else "the only one"}
        takeaway = f"The core of {unit} {scene.group}, {rows[scene.group]}"
    else:
        rows = {found.easiest: "most compressible", found.hardest: "least compressible"}
        rows.setdefault(scene.group, "chosen")
        takeaway = (
            f"Cores of the most and the least compressible {unit}, {found.easiest} and {found.hardest}, on one scale"
        )
    core = found.result.tucker.core.cpu().numpy()
    named = [
        NamedCore(f"{unit} {group}, {words}, error {error_text(found.error[group])}", core[:, :, :, group])
        for group, words in rows.items()
    ]
    r1, r2, r3 = found.result.ranks
    show(
        core_contrast(named, canvas(_HEIGHT)),
        key="heads cores",
        takeaway=takeaway,
        explanation=Explanation(
            f"Slices of the private cores, R1 rows by R2 columns, the strongest directions at the top left: of the "
            f"{unit} that loses least at these ranks, of the one that loses most, and of the chosen one. At most four "
            f"of the R3 = {r3} slices are drawn; the numbers hold the first {_MOST_ROWS} directions of modes 1 and 2. "
            f"{pooled_caption(r1, r2, 256 // max(min(r3, 4), len(named)))}",
            r"G_{:,:,c,g} \in \mathbb{R}^{R_1 \times R_2}",
        ),
        table=lambda: _core_table(core, list(rows), unit),
    )


def _choose_order(scene: Scene) -> None:
    st.checkbox(
        "by likeness",
        key=state.seed("alike widget", scene.heads.alike),
        on_change=state.take,
        args=("alike widget", "alike"),
        help="Put those with similar cores side by side",
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
