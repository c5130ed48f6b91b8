"""The query heads of a layer with a single group, which has no other group to be compared with."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from pages.controls.widgets import Explanation, show
from pages.frame.frame import canvas
from pages.heads.similarity import HeadComparison, most_alike, query_similarity
from pages.session.scene import Scene
from tensorllm_core.figures.similarity import similarity_map
from tensorllm_core.runs.layer_analysis import LayerAnalysis

__all__ = ["query_heads_picture"]

_HEIGHT = 198


def query_heads_picture(_scene: Scene, analysis: LayerAnalysis, heads: HeadComparison) -> None:
    """Why groups are not compared, and the cosine of every two query heads of the only one."""
    queries = [part for part in analysis.tensor.parts if part.startswith("Q")]
    why = f"This layer has a single {analysis.unit}, so no two {analysis.unit}s can be compared."
    if len(queries) < 2:
        st.info(f"{why} It has a single query head, too.", icon=":material/filter_1:")
        return
    similarity = query_similarity(analysis, heads.result)
    one, other = most_alike(similarity)
    show(
        similarity_map(similarity, np.arange(len(queries)), "query head", canvas(_HEIGHT)),
        key="query heads similarity",
        takeaway=(
            f"{why} Its query heads instead: largest cosine {similarity[one, other]:.2f}, query heads {one} and {other}"
        ),
        explanation=Explanation(
            f"{why} Instead, the figure shows the cosine between the compressed query weights of every two query "
            "heads, which share one key and one value head. The factors are orthonormal, so it follows from the core "
            "as each part sees it. The diagonal is left blank.",
            r"\cos(p, q) = \frac{\langle \hat W_p, \hat W_q \rangle}{\|\hat W_p\|\,\|\hat W_q\|}",
        ),
        table=lambda: pd.DataFrame(similarity, columns=queries).assign(part=queries),
    )
