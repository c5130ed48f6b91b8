"""The error of each projection of each head, a figure that several screens show."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pages.controls.texts import error_text
from pages.controls.widgets import Explanation, show
from pages.frame.frame import canvas
from tensorllm_core.figures.part_errors import part_errors
from tensorllm_core.runs.layer_analysis import LayerAnalysis

__all__ = ["part_errors_picture"]


def part_errors_picture(analysis: LayerAnalysis, error: np.ndarray, *, key: str, height: int) -> None:
    """Relative error of each part of each head.

    Args:
        error: the relative errors, `part x group`.
        height: in pixels at normal type.
    """
    parts, unit = analysis.tensor.parts, analysis.unit
    largest, smallest = (np.unravel_index(int(extreme(error)), error.shape) for extreme in (np.argmax, np.argmin))
    show(
        part_errors(error, parts, unit, canvas(height)),
        key=key,
        takeaway=(
            f"Largest error: {parts[largest[0]]} of {unit} {largest[1]}, {error_text(error[largest])}. "
            f"Smallest: {parts[smallest[0]]} of {unit} {smallest[1]}, {error_text(error[smallest])}"
        ),
        explanation=Explanation(
            f"The relative error of each projection of each {unit} on its own: the norm of what the ranks leave out of "
            "it, divided by its own norm.",
            r"\varepsilon_{p,g} = \frac{\|W_{:,:,p,g} - \hat W_{:,:,p,g}\|}{\|W_{:,:,p,g}\|}",
        ),
        table=lambda: pd.DataFrame(error, columns=[f"{unit} {g}" for g in range(error.shape[1])]).assign(part=parts),
    )
