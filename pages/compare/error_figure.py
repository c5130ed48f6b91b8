"""Which method loses what of which matrix, at the budget in focus; known before any question is asked."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.compare.ranking import title
from pages.controls.widgets import Explanation, show
from pages.frame.frame import canvas
from tensorllm_core.figures.method_errors import MethodErrors, errors_height, method_errors
from tensorllm_core.methods.registry import METHODS
from tensorllm_core.runs.comparison_run import Comparison

__all__ = ["errors_picture"]

_MATRICES = ("Q", "K", "V", "O", "gate", "up", "down")


def errors_picture(comparison: Comparison, ratio: float) -> None:
    """Of the methods that are decomposed so far."""
    points = comparison.at(ratio)
    if not points:
        st.info("No method can save as much as this budget asks for.", icon=":material/block:")
        return
    errors = {point.method: point.errors for point in points}
    known = {matrix for by_matrix in errors.values() for matrix in by_matrix}
    matrices = [name for name in _MATRICES if name in known] + sorted(known - set(_MATRICES))
    least = min((point for point in points if point.errors), key=lambda point: point.error, default=None)
    show(
        method_errors(
            [MethodErrors(title(name), METHODS[name].look, by_matrix) for name, by_matrix in errors.items()],
            matrices,
            canvas(errors_height(len(errors))),
        ),
        key="error by part",
        takeaway=(
            f"At {ratio:.3g}x {title(least.method)} has the smallest error, {least.error:.2f}. Blank: not replaced"
            if least
            else f"At {ratio:.3g}x no method changes anything"
        ),
        explanation=Explanation(
            "Relative error of each matrix over all edited layers. Do not compare the errors of methods that "
            "replace different matrices: the same saving is easier on larger ones. And a small error is not a good "
            "model: noise that is taken away counts as an error too. Only answers to questions decide.",
            r"\lVert W - \hat W \rVert_F / \lVert W \rVert_F",
        ),
        table=lambda: pd.DataFrame(
            [{"method": title(name), **by_matrix} for name, by_matrix in errors.items()],
            columns=["method", *matrices],
        ),
    )
